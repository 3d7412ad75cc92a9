import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** Everything that a stream says until its end, as text. It may still be written to afterwards. */
export async function readText(stream: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks).toString('utf8');
}

/** The length and SHA-256 of everything that a stream says until its end. */
export async function digestOf(stream: Readable): Promise<{ length: number; sha256: string }> {
  const hash = createHash('sha256');
  let length = 0;
  stream.on('data', (chunk: Uint8Array) => {
    hash.update(chunk);
    length += chunk.length;
  });
  stream.resume();
  await once(stream, 'end');
  return { length, sha256: hash.digest('hex') };
}

/** Writes `megabytes` of a pattern that tells order and loss, minding backpressure, and ends. */
export async function writePattern(
  stream: Writable,
  megabytes: number,
): Promise<{ length: number; sha256: string }> {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(1024 * 1024);
  for (let index = 0; index < megabytes; index += 1) {
    const copy = Buffer.from(chunk.fill(`${index};`));
    hash.update(copy);
    if (!stream.write(copy)) await once(stream, 'drain');
  }
  stream.end();
  return { length: megabytes * chunk.length, sha256: hash.digest('hex') };
}

/** Resolves when the socket is closed for good, whatever the reason. */
export async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
}
