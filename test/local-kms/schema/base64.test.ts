import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../../local-kms/schema/base64.ts';
import { parseBase64 } from '../../../shared/encoding.ts';

function parsed(text: string): Uint8Array | undefined {
  try {
    return parseBase64(text);
  } catch {
    return undefined;
  }
}

describe('decodeBase64', () => {
  it('decodes what Node encodes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
      }),
    );
  });

  it('takes and refuses what parseBase64 does', () => {
    const character = fc.constantFrom('A', 'Q', '9', '+', '/', '=', '-', '_', ' ', '\n', 'é', '€');
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        expect(decodeBase64(text)).toEqual(parsed(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['AB-_', 'A===', '====', 'AB=A', 'AAA', 'AA\nA', 'AAAA====', '=AAA', 'AA A'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});
