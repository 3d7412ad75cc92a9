import { describe, expect, it } from 'vitest';
import { encodeHex } from '../../../shared/encoding.ts';
import { deriveBlocks } from '../../../shared/kdf/blocks.ts';
import { codeOf } from '../../support/codes.ts';
import { hexOfSecret } from '../../support/secrets.ts';

/** Blocks of 4 bytes that hold their counter. */
const derive = (lengthBytes: number) =>
  deriveBlocks({ lengthBytes, blockBytes: 4, block: (counter) => counter.slice() });

describe('deriveBlocks', () => {
  it.each([
    [1, '00'],
    [4, '00000001'],
    [5, '0000000100'],
    [12, '000000010000000200000003'],
  ])('gives the first %i bytes', (lengthBytes, expected) => {
    expect(hexOfSecret(derive(lengthBytes))).toBe(expected);
  });

  it('hands each block the one before, and the first nothing', () => {
    const seen: string[] = [];
    deriveBlocks({
      lengthBytes: 10,
      blockBytes: 4,
      block(counter, previous) {
        seen.push(encodeHex(previous));
        return counter.slice();
      },
    });
    expect(seen).toEqual(['', '00000001', '00000002']);
  });

  it('makes 255 blocks and no more', () => {
    expect(hexOfSecret(derive(4 * 255))).toMatch(/000000ff$/);
    expect(codeOf(() => derive(4 * 255 + 1))).toBe('KDF_LENGTH');
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d bytes', (lengthBytes) => {
    expect(codeOf(() => derive(lengthBytes))).toBe('KDF_LENGTH');
  });

  it('wipes every block', () => {
    const blocks: Uint8Array[] = [];
    deriveBlocks({
      lengthBytes: 7,
      blockBytes: 4,
      block() {
        const bytes = new Uint8Array(4).fill(0xaa);
        blocks.push(bytes);
        return bytes;
      },
    });
    expect(blocks.map(encodeHex)).toEqual(['00000000', '00000000']);
  });

  it('wipes what it has when a block fails', () => {
    let output: Uint8Array = new Uint8Array();
    const derivation = () =>
      deriveBlocks({
        lengthBytes: 12,
        blockBytes: 4,
        block(_counter, previous) {
          if (previous.length === 0) return new Uint8Array(4).fill(0xaa);
          output = new Uint8Array(previous.buffer);
          expect(encodeHex(output)).toBe('aaaaaaaa0000000000000000');
          throw new RangeError('no memory');
        },
      });
    expect(derivation).toThrow(RangeError);
    expect(encodeHex(output)).toBe('00'.repeat(12));
  });
});
