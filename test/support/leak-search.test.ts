import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodingsOf, findLeaks, piecesOf } from './leak-search.ts';

const secret = { name: 'the secret', bytes: new Uint8Array(randomBytes(32)) };
const around = (alignment: number) =>
  Buffer.concat([randomBytes(9 + alignment), secret.bytes, randomBytes(20)]);
const leaksIn = (bytes: Uint8Array | string) =>
  findLeaks([{ name: 'the log', bytes: Buffer.from(bytes) }], [secret]);

describe('findLeaks', () => {
  it.each<readonly [string, () => Uint8Array | string]>([
    ['raw', () => around(0)],
    ['hex', () => around(0).toString('hex')],
    ['upper-case hex', () => around(0).toString('hex').toUpperCase()],
    ['spaced hex', () => around(0).toString('hex').replace(/../g, '$& ')],
    ['decimal', () => JSON.stringify([...around(0)])],
    ...[0, 1, 2].flatMap((alignment) => [
      [`base64 at ${alignment}`, () => around(alignment).toString('base64')] as const,
      [`base64url at ${alignment}`, () => around(alignment).toString('base64url')] as const,
    ]),
  ])('finds a secret as %s', (encoding, planted) => {
    expect(leaksIn(planted())).toContain(`the secret as ${encoding} in the log`);
  });

  it.each([0, 1, 2])(
    'finds a secret of any length at alignment %i, and looks for no neighbour',
    (alignment) => {
      for (let length = 8; length < 40; length += 1) {
        const bytes = randomBytes(length);
        const text = Buffer.concat([randomBytes(alignment), bytes, randomBytes(7)]);
        expect(text.toString('base64')).toContain(
          String(Buffer.from(encodingsOf(bytes).get(`base64 at ${alignment}`) ?? [])),
        );
      }
    },
  );

  it('finds nothing where there is nothing, nor a secret with one bit turned', () => {
    const turned = Uint8Array.from(secret.bytes);
    turned[16] = (turned[16] ?? 0) ^ 1;
    const streams = [turned, Buffer.from(turned).toString('base64'), randomBytes(65_536)];
    expect(streams.flatMap((bytes) => leaksIn(bytes))).toEqual([]);
  });

  it('finds by its pieces a secret that a line break or a buffer cuts anywhere', () => {
    for (let cut = 0; cut <= 32; cut += 1) {
      const parts = [secret.bytes.subarray(0, cut), secret.bytes.subarray(cut)];
      const text = parts.map((part) => Buffer.from(part).toString('base64')).join('\n');
      const bytes = Buffer.from(text);
      expect(findLeaks([{ name: 'PEM', bytes }], piecesOf(secret))).not.toEqual([]);
    }
  });

  it('refuses a needle that chance would find', () => {
    expect(() => findLeaks([], [{ name: 'short', bytes: new Uint8Array(7) }])).toThrow('too short');
  });
});
