import { Buffer } from 'node:buffer';
// biome-ignore lint/plugin: what the strict reader lets through is compared with cbor-x's own reading.
import { Decoder } from 'cbor-x';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CborInput,
  type CborLimits,
  type CborValue,
  encodeCbor,
  encodeIndefiniteMap,
  parseCbor,
  parseCborInPlace,
} from '../../../shared/cbor/index.ts';
import { parseHex } from '../../../shared/encoding.ts';
import { FormatError } from '../../../shared/errors.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const limits: CborLimits = { maxBytes: 65_536, maxDepth: 8, outermostMap: 'either' };

const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(
    ...[0, 8, 16, 32, 53].flatMap((bits) => [
      2 ** bits - 1,
      -(2 ** bits) + 1,
      ...(bits < 53 ? [2 ** bits, -(2 ** bits), -(2 ** bits) - 1] : []),
    ]),
  ),
);
const texts = fc
  .oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme', minLength: 64 }))
  .filter((text) => !text.startsWith('\ufeff'));
const keys = fc.oneof(integers, texts);

const { value: values } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'cbor' },
    fc.constantFrom<CborValue>(null, true, false),
    integers,
    texts,
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 30, depthIdentifier: 'cbor' }),
    fc
      .uniqueArray(fc.tuple(keys, tie('value')), {
        maxLength: 30,
        selector: ([key]) => key,
        depthIdentifier: 'cbor',
      })
      .map((entries) => new Map(entries)),
  ),
}));

/** -0 is written as 0: the encoding has no other zero. */
const canonical = (value: CborValue): CborValue =>
  parseCbor(encodeCbor(value as CborInput), limits);

function readLeniently(bytes: Uint8Array): unknown {
  const options = { mapsAsObjects: false, useRecords: false, int64AsNumber: true };
  return new Decoder(options).decode(bytes.slice());
}

function tryParse(bytes: Uint8Array): { value: CborValue } | FormatError {
  try {
    return { value: parseCbor(bytes, limits) };
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

describe('parseCbor', () => {
  it('reads back what encodeCbor wrote', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(canonical(value)).toEqual(value);
      }),
    );
  });

  it('reads back what encodeIndefiniteMap wrote', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(keys, values), { selector: ([key]) => key }),
        (entries) => {
          const bytes = encodeIndefiniteMap(entries as [string | number, CborInput][]);
          expect(bytes[0]).toBe(0xbf);
          expect(parseCbor(bytes, { ...limits, maxBytes: bytes.length })).toEqual(new Map(entries));
        },
      ),
    );
  });

  it('reads as cbor-x does whatever it accepts', () => {
    let accepted = 0;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 24 }),
      values.map((value) => encodeCbor(value as CborInput)),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        const outcome = tryParse(input);
        if (outcome instanceof FormatError) return;
        accepted += 1;
        expect(outcome.value).toEqual(readLeniently(input));
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('throws nothing but a FormatError with a code of CBOR on bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        const outcome = tryParse(input);
        if (outcome instanceof FormatError) expect(outcome.code).toMatch(/^CBOR_/);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads another value, or none, when one byte changes', () => {
    const value = new Map<string | number, CborInput>([
      ['module_id', 'i-0123-enc4567'],
      ['timestamp', 1_700_000_000_000],
      ['pcrs', new Map([[0, Uint8Array.of(1, 2, 3)]])],
      ['cabundle', [Uint8Array.of(4), Uint8Array.of(5)]],
      ['nonce', null],
      [-1, true],
    ]);
    const original = parseCbor(encodeCbor(value), limits);
    for (const { mutated } of oneByteMutations(encodeCbor(value))) {
      const outcome = tryParse(mutated);
      if (outcome instanceof FormatError) expect(outcome.code).toMatch(/^CBOR_/);
      else expect(outcome.value).not.toEqual(original);
    }
  });

  it('keeps an integer key and a text key of the same digits apart', () => {
    expect(parseCbor(parseHex('a2010061310a'), limits)).toEqual(
      new Map<string | number, number>([
        [1, 0],
        ['1', 10],
      ]),
    );
  });

  it('takes no key for a property of an object', () => {
    const value = new Map([['__proto__', new Map([['isAdmin', true]])]]);
    const parsed = parseCbor(encodeCbor(value), limits);
    expect(parsed).toEqual(value);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('returns byte strings that outlive the input, and no Buffer for a Buffer', () => {
    const input = Buffer.from(parseHex('430102030000')).subarray(0, 4);
    const bytes = parseCbor(input, limits) as Uint8Array;
    input.fill(0xff);
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });

  it('in place, returns byte strings that are parts of the input', () => {
    const input = parseHex('43010203');
    const bytes = parseCborInPlace(input, limits) as Uint8Array;
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(bytes.buffer).toBe(input.buffer);
    expect(codeOf(() => parseCborInPlace(input, { ...limits, maxBytes: 3 }))).toBe(
      'CBOR_TOO_LARGE',
    );
  });

  it('leaves nothing behind on the input', () => {
    const input = parseHex('a1616101');
    parseCbor(input, limits);
    expect(Reflect.ownKeys(input)).toEqual(Reflect.ownKeys(parseHex('a1616101')));
  });
});
