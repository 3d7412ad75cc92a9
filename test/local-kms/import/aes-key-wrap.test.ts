import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unwrapWithPadding } from '../../../local-kms/import/aes-key-wrap.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import { hexOfSecret } from '../../support/secrets.ts';

const kek = Uint8Array.from({ length: 32 }, (_, i) => i);

/** RFC 5649 section 4.1, from one AES block operation up. */
function wrap(material: Uint8Array): Buffer {
  const initial = Buffer.from('a65959a600000000', 'hex');
  initial.writeUInt32BE(material.length, 4);
  const padded = Buffer.alloc(Math.ceil(material.length / 8) * 8);
  padded.set(material);
  if (padded.length === 8) return encryptBlock(Buffer.concat([initial, padded]));
  const blocks: Buffer[] = Array.from({ length: padded.length / 8 }, (_, i) =>
    padded.subarray(8 * i, 8 * i + 8),
  );
  let a: Buffer = initial;
  // RFC 3394 section 2.2.1.
  for (let t = 1; t <= 6 * blocks.length; t++) {
    const i = (t - 1) % blocks.length;
    const b = encryptBlock(Buffer.concat([a, blocks[i] as Buffer]));
    a = b.subarray(0, 8);
    a.writeUInt32BE((a.readUInt32BE(4) ^ t) >>> 0, 4);
    blocks[i] = b.subarray(8);
  }
  return Buffer.concat([a, ...blocks]);
}

function encryptBlock(block: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ecb', kek, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

const unwrap = (wrapped: Uint8Array): string | undefined => {
  const secret = unwrapWithPadding(kek, wrapped);
  return secret && hexOfSecret(secret);
};

describe('unwrapWithPadding', () => {
  it('unwraps what RFC 5649 makes of material of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (material) => {
        expect(unwrap(wrap(material))).toBe(Buffer.from(material).toString('hex'));
      }),
    );
  });

  it.each([7, 20, 32])('refuses %i wrapped bytes with any one of them changed', (length) => {
    for (const { at, mutated } of oneByteMutations(wrap(new Uint8Array(length).fill(1)))) {
      expect(unwrap(mutated), `byte ${at}`).toBeUndefined();
    }
  });

  it('refuses what is cut off, lengthened or nothing', () => {
    const wrapped = wrap(new Uint8Array(32).fill(1));
    for (const cut of truncations(wrapped)) expect(unwrap(cut)).toBeUndefined();
    expect(unwrap(Buffer.concat([wrapped, new Uint8Array(8)]))).toBeUndefined();
  });
});
