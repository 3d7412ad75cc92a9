import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchCredentials } from '../../../enclave/kms/index.ts';
import { parseAddress } from '../../../shared/vsock/index.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';
import { startUnixServer } from '../../support/unix-server.ts';

const SECRET = 'wJalrXUtnFEMIbPxRfiCYEXAMPLEKEY';
const document = {
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: SECRET,
  Token: 'token/of+the=role',
  Expiration: '2026-03-01T18:00:00Z',
};
const { Token: _token, Expiration: _expiration, ...longLived } = document;

const http = (body: string, status = '200 OK') =>
  `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** A parent that waits for the request and then does as `answer` says. */
async function provideFrom(answer: (socket: Socket) => void, timeoutMs = 5000) {
  const parent = await startUnixServer((socket) => {
    socket.once('data', () => answer(socket));
  });
  return () => fetchCredentials({ parent, timeoutMs });
}

const provideText = (text: string) => provideFrom((socket) => socket.end(text));

describe('credentials of the parent', () => {
  it('are those that it serves', async () => {
    const provide = await provideText(http(JSON.stringify(document)));
    expect(await provide()).toEqual({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: SECRET,
      sessionToken: 'token/of+the=role',
      expiration: new Date('2026-03-01T18:00:00Z'),
    });
  });

  it('may be long-lived, with neither Token nor Expiration', async () => {
    const provide = await provideText(http(JSON.stringify(longLived)));
    expect(await provide()).toEqual({ accessKeyId: 'ASIAEXAMPLE', secretAccessKey: SECRET });
  });

  it('may end at a time with an offset', async () => {
    const answer = { ...document, Expiration: '2026-03-01T19:00:00+01:00' };
    const provide = await provideText(http(JSON.stringify(answer)));
    expect((await provide()).expiration).toEqual(new Date('2026-03-01T18:00:00Z'));
  });

  it('may come without a length, until the end of the connection', async () => {
    const provide = await provideText(`HTTP/1.1 200 OK\r\n\r\n${JSON.stringify(document)}`);
    expect((await provide()).accessKeyId).toBe('ASIAEXAMPLE');
  });

  it.each([
    ['garbage', http('\x00\xff garbage')],
    ['an empty body', http('')],
    ['a list', http('[]')],
    ['null', http('null')],
    ['no secret', http(JSON.stringify({ ...document, SecretAccessKey: undefined }))],
    ['an empty key id', http(JSON.stringify({ ...document, AccessKeyId: '' }))],
    ['a number for a secret', http(JSON.stringify({ ...document, SecretAccessKey: 7 }))],
    ['a null token', http(JSON.stringify({ ...document, Token: null }))],
    ['a token without an end', http(JSON.stringify({ ...longLived, Token: 'x' }))],
    ['an end in words', http(JSON.stringify({ ...document, Expiration: 'tomorrow' }))],
    ['a document that is cut', http(JSON.stringify(document).slice(0, -1))],
    ['status 404', http(JSON.stringify(document), '404 Not Found')],
    ['status 500', http(JSON.stringify(document), '500 Internal Server Error')],
    ['status 302', http(JSON.stringify(document), '302 Found')],
    ['status 204', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['less than it announced', 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}'],
    ['something other than HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['more than 64 KiB', http(JSON.stringify({ ...document, padding: 'x'.repeat(65_536) }))],
    ['nothing', ''],
  ])(
    'are refused when the parent answers %s, and the answer is not repeated',
    async (_what, text) => {
      const provide = await provideText(text);
      const refusal = await provide().catch((error: unknown) => error as Error);
      expect(refusal).toMatchObject({ code: 'PARENT_CREDENTIALS_UNAVAILABLE' });
      expect(`${(refusal as Error).stack}${JSON.stringify(refusal)}`).not.toContain(SECRET);
    },
  );

  it('are refused when the parent never stops sending', async () => {
    const provide = await provideFrom((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const pour = () => {
        while (socket.writable && socket.write('x'.repeat(16_384)));
        socket.once('drain', pour);
      };
      pour();
    });
    await expect(provide()).rejects.toThrow('more than 65536 bytes');
  });

  it.each<[string, (socket: Socket) => void]>([
    ['does not answer', () => undefined],
    ['stops within the headers', (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-')],
    ['stops within the body', (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n{"Acc')],
    [
      'drips',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const drip = setInterval(() => socket.write(' '), 10);
        socket.once('close', () => clearInterval(drip));
      },
    ],
  ])('are given up when the parent %s, and the connection is closed', async (_what, stall) => {
    let closed: Promise<unknown> = Promise.resolve();
    const provide = await provideFrom((socket) => {
      // A drip that crosses the end of the connection is a reset, and that is an end as well.
      socket.on('error', () => undefined);
      closed = new Promise((resolve) => socket.once('close', resolve));
      stall(socket);
    }, 150);
    const began = performance.now();
    await expect(provide()).rejects.toMatchObject({ code: 'PARENT_CREDENTIALS_UNAVAILABLE' });
    expect(performance.now() - began).toBeLessThan(3000);
    await closed;
  });

  it('are not to be had from a parent that is gone', async () => {
    const parent = parseAddress(`unix:${join(temporaryDirectory(), 'nobody.sock')}`);
    await expect(fetchCredentials({ parent, timeoutMs: 1000 })).rejects.toMatchObject({
      code: expect.stringMatching(/^TRANSPORT_/),
    });
  });

  it('are given up at once by who asked', async () => {
    const giveUp = new AbortController();
    const parent = await startUnixServer((socket) => {
      socket.once('data', () => giveUp.abort());
    });
    const fetching = fetchCredentials({ parent, timeoutMs: 60_000, signal: giveUp.signal });
    await expect(fetching).rejects.toMatchObject({ code: 'PARENT_CREDENTIALS_UNAVAILABLE' });
  });
});
