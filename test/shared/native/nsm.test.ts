import { closeSync, openSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { allocateFixed } from '../../../shared/native/fixed-memory.ts';
import { getsockname, ioctlInPool } from '../../../shared/native/libc.ts';
import { type NsmDescriptor, openNsm } from '../../../shared/native/nsm.ts';
import { deferred } from '../../support/deferred.ts';
import {
  createNsmStandIn,
  nsmStandInAvailable,
  type StandInDevice,
} from '../../support/nsm-stand-in/index.ts';

const NSM_IOCTL_RAW = 0xc0200a00;
const REQUEST = Uint8Array.of(1, 2, 3);

async function open(device: StandInDevice): Promise<NsmDescriptor> {
  const nsm = openNsm((await createNsmStandIn(device)).path);
  onTestFinished(() => nsm.close());
  return nsm;
}

describe.skipIf(!nsmStandInAvailable)('the ioctl of /dev/nsm (needs root and /dev/fuse)', () => {
  it('carries a request there and the response back', async () => {
    const seen: Uint8Array[] = [];
    const nsm = await open(async (message) => {
      seen.push(message);
      return Uint8Array.of(4, 5);
    });
    expect(await nsm.exchange(REQUEST)).toEqual(Uint8Array.of(4, 5));
    expect(await nsm.exchange(new Uint8Array(0x1000).fill(9))).toEqual(Uint8Array.of(4, 5));
    expect(seen).toEqual([REQUEST, new Uint8Array(0x1000).fill(9)]);
  });

  it.each([0, 1, 0x2fff, 0x3000])('takes a response of %i bytes', async (length) => {
    const nsm = await open(async () => new Uint8Array(length).fill(7));
    expect(await nsm.exchange(REQUEST)).toEqual(new Uint8Array(length).fill(7));
  });

  it('takes the beginning of a longer response, which is what the driver gives', async () => {
    const nsm = await open(async () => new Uint8Array(0x3001).fill(7));
    expect(await nsm.exchange(REQUEST)).toEqual(new Uint8Array(0x3000).fill(7));
  });

  it('keeps nothing of a response for the next one', async () => {
    const responses = [new Uint8Array(64).fill(7), Uint8Array.of(1)];
    const nsm = await open(async () => responses.shift() as Uint8Array);
    const first = await nsm.exchange(REQUEST);
    expect(await nsm.exchange(REQUEST)).toEqual(Uint8Array.of(1));
    expect(first).toEqual(new Uint8Array(64).fill(7));
  });

  it('reports the error of the call, not one that this thread had meanwhile', async () => {
    const answer = deferred<{ errno: 'ENOSPC' | 'ETIMEDOUT' }>();
    const nsm = await open(() => answer.promise);
    const call = nsm.exchange(REQUEST);
    expect(() => getsockname(-1, 16)).toThrow('EBADF');
    answer.resolve({ errno: 'ENOSPC' });
    await expect(call).rejects.toMatchObject({ syscall: 'ioctl', code: 'ENOSPC' });
  });

  it('leaves the event loop and the rest of the pool free while the device is silent', async () => {
    const answer = deferred<Uint8Array>();
    const asked = deferred<void>();
    const nsm = await open((): Promise<Uint8Array> => {
      asked.resolve();
      return answer.promise;
    });
    const call = nsm.exchange(REQUEST);
    // Both this message from the stand-in's process and the digest below arrive through the loop.
    await asked.promise;
    await crypto.subtle.digest('SHA-256', REQUEST);
    answer.resolve(REQUEST);
    expect(await call).toEqual(REQUEST);
  });

  it('refuses a second exchange and to close while the driver has the memory', async () => {
    const answer = deferred<Uint8Array>();
    const nsm = await open(() => answer.promise);
    const call = nsm.exchange(REQUEST);
    await expect(nsm.exchange(REQUEST)).rejects.toThrow('under way');
    expect(() => nsm.close()).toThrow('under way');
    answer.resolve(REQUEST);
    expect(await call).toEqual(REQUEST);
  });

  it.each([0, 0x1001])('never lets the driver see a request of %i bytes', async (length) => {
    const nsm = await open(async () => {
      throw new Error('the device was asked');
    });
    await expect(nsm.exchange(new Uint8Array(length))).rejects.toThrow('1 to 4096 bytes');
  });
});

describe.skipIf(process.platform !== 'linux')('what is no secure module (needs Linux)', () => {
  it.each([
    ['a device of another kind', '/dev/null'],
    ['a regular file', import.meta.filename],
  ])('is told by the call: %s', async (_what, path) => {
    const nsm = openNsm(path);
    await expect(nsm.exchange(REQUEST)).rejects.toMatchObject({ code: 'ENOTTY' });
    nsm.close();
  });

  it('is told on opening when nothing is there', () => {
    expect(() => openNsm('/nonexistent/nsm')).toThrow('ENOENT');
  });
});

describe.skipIf(!nsmStandInAvailable)('the stand-in (needs root and /dev/fuse)', () => {
  /** struct nsm_raw with a good request and response, changed. */
  function rawCall(change: { request?: bigint; length?: bigint; capacity?: bigint }) {
    const request = allocateFixed(0x2000);
    const response = allocateFixed(0x3000);
    const raw = allocateFixed(32);
    const fields = new DataView(raw.bytes.buffer);
    fields.setBigUint64(0, change.request ?? request.address, true);
    fields.setBigUint64(8, change.length ?? 1n, true);
    fields.setBigUint64(16, response.address, true);
    fields.setBigUint64(24, change.capacity ?? 0x3000n, true);
    onTestFinished(() => {
      for (const memory of [request, response, raw]) memory.free();
    });
    return { address: raw.address, length: () => fields.getBigUint64(24, true) };
  }

  function openFile(path: string): number {
    const fd = openSync(path, 'r+');
    onTestFinished(() => closeSync(fd));
    return fd;
  }

  it.each([
    ['a request over 4096 bytes', NSM_IOCTL_RAW, { length: 4097n }, 'EMSGSIZE'],
    ['a bad pointer', NSM_IOCTL_RAW, { request: 8n }, 'EFAULT'],
    ['another number of the same size', NSM_IOCTL_RAW + 1, {}, 'EINVAL'],
  ])("refuses %s as Linux's driver does", async (_what, number, change, code) => {
    const { path } = await createNsmStandIn(async () => REQUEST);
    const call = ioctlInPool(openFile(path), number, rawCall(change).address);
    await expect(call).rejects.toMatchObject({ code });
  });

  it('truncates in silence, as the driver does', async () => {
    const { path } = await createNsmStandIn(async () => REQUEST);
    const raw = rawCall({ capacity: 2n });
    expect(await ioctlInPool(openFile(path), NSM_IOCTL_RAW, raw.address)).toBe(0);
    expect(raw.length()).toBe(2n);
  });
});
