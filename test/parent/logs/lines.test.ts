import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter } from '../../../parent/logs/lines.ts';

describe('a stream of bytes', () => {
  it('is cut into the same lines wherever its pieces begin', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zäß\r\t ]{0,12}$/)),
        fc.array(fc.nat(20)),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const split = createLineSplitter(1000);
          const got: (string | undefined)[] = [];
          let at = 0;
          for (const length of cuts) {
            got.push(...split(bytes.subarray(at, at + length)));
            at += length;
          }
          got.push(...split(bytes.subarray(at)));
          expect(got).toEqual(lines);
        },
      ),
    );
  });

  it.each([
    [[10], ['x'.repeat(10)]],
    [[11], [undefined]],
    [[5, 6], [undefined]],
    [[1000, 1000], [undefined]],
  ])('holds no line that is too long: pieces of %j', (pieces, expected) => {
    const split = createLineSplitter(10);
    for (const length of pieces) expect(split(Buffer.alloc(length, 'x'))).toEqual([]);
    expect(split(Buffer.from('\n'))).toEqual(expected);
    expect(split(Buffer.from('next\n'))).toEqual(['next']);
  });

  it('has no line before it ends', () => {
    const split = createLineSplitter(10);
    expect(split(Buffer.from('unfinished'))).toEqual([]);
  });
});
