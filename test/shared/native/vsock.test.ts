import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  encodeVsockEndpoint,
  listenVsock,
  parseVsockEndpoint,
} from '../../../shared/native/vsock.ts';
import { vsockAvailable } from '../../support/vsock.ts';

const ANY = 0xffff_ffff;
const u32 = fc.integer({ min: 0, max: ANY });

describe.skipIf(process.platform !== 'linux')('sockaddr_vm (needs Linux)', () => {
  it('is laid out as linux/vm_sockets.h says', () => {
    const address = encodeVsockEndpoint({ cid: 3, port: 0x01020304 });
    expect(Buffer.from(address).toString('hex')).toBe('28000000040302010300000000000000');
  });

  it('comes back as it went in', () => {
    fc.assert(
      fc.property(u32, u32, (cid, port) => {
        expect(parseVsockEndpoint(encodeVsockEndpoint({ cid, port }))).toEqual({ cid, port });
      }),
    );
  });

  it.each([
    ['another family', new Uint8Array(16).fill(1)],
    ['a short one', encodeVsockEndpoint({ cid: 3, port: 1 }).subarray(0, 12)],
    ['none', new Uint8Array()],
  ])('is refused when it is %s', (_what, address) => {
    expect(() => parseVsockEndpoint(address)).toThrow();
  });
});

// Binding and listening stay inside this machine; nothing here connects.
describe.skipIf(!vsockAvailable)('listening on AF_VSOCK (needs /dev/vsock)', () => {
  it('tells which port the kernel picked', async () => {
    const { server, endpoint } = listenVsock({ cid: ANY, port: ANY }, { backlog: 16 });
    onTestFinished(() => {
      server.close();
    });
    await once(server, 'listening');
    expect(endpoint.cid).toBe(ANY);
    expect(endpoint.port).not.toBe(ANY);
  });

  it('frees the port when the server is closed', async () => {
    const first = listenVsock({ cid: ANY, port: ANY }, { backlog: 16 });
    await once(first.server, 'listening');
    const closed = once(first.server, 'close');
    first.server.close();
    await closed;
    const second = listenVsock(first.endpoint, { backlog: 16 });
    onTestFinished(() => {
      second.server.close();
    });
    expect(second.endpoint).toEqual(first.endpoint);
  });

  it('says that a port is taken', () => {
    const { server, endpoint } = listenVsock({ cid: ANY, port: ANY }, { backlog: 16 });
    onTestFinished(() => {
      server.close();
    });
    expect(() => listenVsock(endpoint, { backlog: 16 })).toThrow(
      expect.objectContaining({ code: 'EADDRINUSE' }),
    );
  });

  it('says that a CID is not of this machine', () => {
    expect(() => listenVsock({ cid: 77, port: ANY }, { backlog: 16 })).toThrow(
      expect.objectContaining({ code: 'EADDRNOTAVAIL' }),
    );
  });
});
