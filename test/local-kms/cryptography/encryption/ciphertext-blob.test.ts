import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_CIPHERTEXT_BLOB_BYTES,
  openBlob,
  parseBlob,
  sealBlob,
} from '../../../../local-kms/cryptography/encryption/ciphertext-blob.ts';
import { oneByteMutations, truncations } from '../../../support/mutations.ts';

const key = createSecretKey(new Uint8Array(32).fill(7));
const none = new Uint8Array(0);

function seal(plaintext: Uint8Array, context: Uint8Array = none): Uint8Array {
  return sealBlob({
    account: '111122223333',
    keyId: '01234567-89ab-cdef-0123-456789abcdef',
    keyMaterialId: 'ab'.repeat(32),
    key,
    plaintext,
    context,
    randomBytes,
  });
}

function open(bytes: Uint8Array, context: Uint8Array = none): Uint8Array | undefined {
  const blob = parseBlob(bytes);
  if (blob === undefined) return undefined;
  return openBlob({ blob, key, context })?.reveal((plain) => Uint8Array.from(plain));
}

describe('ciphertext blob', () => {
  it('opens to what was sealed, and names account, key and material', () => {
    const blob = seal(new Uint8Array([1, 2, 3]));
    expect(parseBlob(blob)).toMatchObject({
      account: '111122223333',
      keyId: '01234567-89ab-cdef-0123-456789abcdef',
      keyMaterialId: 'ab'.repeat(32),
    });
    expect(open(blob)).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('opens for any plaintext and context, and for no other context', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 4096 }),
        fc.uint8Array({ maxLength: 64 }),
        fc.uint8Array({ maxLength: 64 }),
        (plaintext, context, other) => {
          const blob = seal(plaintext, context);
          expect(open(blob, context)).toEqual(plaintext);
          const same = Buffer.from(context).equals(other);
          expect(open(blob, other)).toEqual(same ? plaintext : undefined);
        },
      ),
    );
  });

  it('does not open with any one byte changed', () => {
    for (const { at, mutated } of oneByteMutations(seal(new Uint8Array(16)))) {
      expect(open(mutated), `byte ${at}`).toBeUndefined();
    }
  });

  it('does not open cut or lengthened', () => {
    const blob = seal(new Uint8Array(16));
    for (const cut of truncations(blob)) expect(open(cut)).toBeUndefined();
    expect(open(Buffer.concat([blob, Buffer.alloc(1)]))).toBeUndefined();
  });

  it('refuses a blob longer than KMS takes before it looks inside', () => {
    const longest = seal(new Uint8Array(MAX_CIPHERTEXT_BLOB_BYTES - 112));
    expect(longest).toHaveLength(MAX_CIPHERTEXT_BLOB_BYTES);
    expect(parseBlob(longest)).toBeDefined();
    expect(parseBlob(seal(new Uint8Array(MAX_CIPHERTEXT_BLOB_BYTES - 111)))).toBeUndefined();
  });

  it('parses or refuses any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseBlob(bytes)).toBeUndefined();
      }),
    );
  });
});
