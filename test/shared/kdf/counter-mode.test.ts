import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveCounterMode } from '../../../shared/kdf/counter-mode.ts';
import { Secret } from '../../../shared/secret.ts';
import { hexOfSecret, secretOf } from '../../support/secrets.ts';

const unhex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

/**
 * C.1 to C.5 of aws/aws-cryptographic-material-providers-library,
 * AwsCryptographyPrimitives/test/TestKDF_TestVectors.dfy: K_IN, context, output. Apache-2.0.
 */
const AWS_VECTORS = [
  [
    '7dc9bdfc2534047cfe63e9eb297b77525149ed7d4afce9c6440f350e61ef3ed0',
    '77dae93e689b581d3e06eb01c8d3ba02',
    'bce898725589aec08f9834b3b80fdc3ff173907e5574e729fdce127cf76db7cc',
  ],
  [
    '5016711776440a204ba9c7c0ffdcd63cb6017e93abe96eb12391d9811e09509f',
    'd2f1c09e67421b238f42a8bd52abd3fc',
    '36ceae48ed85559c5d357898765259217262ccec8a39a276555cc7e8f0fc5c61',
  ],
  [
    '395a102e5336bdf11bf2edecf64236e24a704f9cd00d944775d38b3949457aec',
    '330fb77c52e5f9567594eda21bf3ad6c',
    '1637ec8d9fa3faec562fe1679ce1e492a62df42788a3cdc874c1149370fed2c2',
  ],
  [
    '98c019dfef9aaf43edfab892e4f3e30180f7e4988e8395293c46f43aa6ea56bd',
    'f3a0667fdb897326bbd8305097a89447',
    'bf7056eadce97a9a64bce6eeef9b3620612333a079eb2a4091690f99a259099c',
  ],
  [
    'a6ec74338cbdc0af2a9a331ad0954c9faea2cf046ce8c4f00c39e49b614b2a42',
    'eca9e92d2b197af398bf9a372d869fdc',
    '9c0b14fb64e3a3a11e2df202f8f62c0b5884bdaf5f603d2c62a0d4888cde3997',
  ],
] as const;

describe('deriveCounterMode', () => {
  it.each(AWS_VECTORS)("is that of AWS's material providers library: %s", (key, context, okm) => {
    const derived = deriveCounterMode({
      hash: 'SHA-256',
      secret: secretOf(key),
      label: new TextEncoder().encode('aws-kms-hierarchy'),
      context: unhex(context),
      lengthBytes: 32,
    });
    expect(hexOfSecret(derived)).toBe(okm);
  });

  it('is SP 800-108 in one expression, the length in every block', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 150 });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        bytes,
        fc.integer({ min: 1, max: 150 }),
        (key, label, context, lengthBytes) => {
          const be32 = (value: number) => unhex(value.toString(16).padStart(8, '0'));
          const expected = [1, 2, 3, 4].map((i) =>
            createHmac('sha384', key)
              .update(Buffer.concat([be32(i), label, unhex('00'), context, be32(8 * lengthBytes)]))
              .digest('hex'),
          );
          const derived = deriveCounterMode({
            hash: 'SHA-384',
            secret: new Secret(key.slice()),
            label,
            context,
            lengthBytes,
          });
          expect(hexOfSecret(derived)).toBe(expected.join('').slice(0, 2 * lengthBytes));
        },
      ),
    );
  });
});
