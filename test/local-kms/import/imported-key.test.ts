import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseImportedKey } from '../../../local-kms/import/imported-key.ts';
import type { KeySpec } from '../../../local-kms/keys/specs.ts';
import { Secret } from '../../../shared/secret.ts';
import { createOwnKeyPair, type KeyPairSpec } from '../../support/key-import.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { hexOfSecret } from '../../support/secrets.ts';

const parse = (bytes: Uint8Array, keySpec: KeySpec, keyId = 'k1') =>
  parseImportedKey(new Secret(Uint8Array.from(bytes)), { keyId, keySpec });

/** The id of the material; undefined if it is refused as it should be. */
function idOf(bytes: Uint8Array, keySpec: KeySpec): string | undefined {
  try {
    return parse(bytes, keySpec).id;
  } catch (error) {
    expect(error).toMatchObject({ type: 'IncorrectKeyMaterialException' });
    return undefined;
  }
}

describe('secret material', () => {
  it.each([
    ['SYMMETRIC_DEFAULT', 32],
    ['HMAC_224', 28],
    ['HMAC_256', 32],
    ['HMAC_384', 48],
    ['HMAC_512', 64],
  ] as const)('of %s has %i bytes', (keySpec, length) => {
    const bytes = new Uint8Array(length).fill(1);
    const parsed = parse(bytes, keySpec);
    expect(hexOfSecret(parsed.bytes)).toBe(Buffer.from(bytes).toString('hex'));
    expect(parsed).not.toHaveProperty('publicKey');
    for (const wrong of [0, length - 1, length + 1]) {
      expect(idOf(new Uint8Array(wrong), keySpec)).toBeUndefined();
    }
  });

  it('has an id that depends on the material and the key', () => {
    const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const ids = [
      parse(one, 'SYMMETRIC_DEFAULT', 'k1').id,
      parse(other, 'SYMMETRIC_DEFAULT', 'k1').id,
      parse(one, 'SYMMETRIC_DEFAULT', 'k2').id,
    ];
    expect(new Set(ids).size).toBe(3);
    expect(parse(one, 'SYMMETRIC_DEFAULT', 'k1').id).toBe(ids[0]);
  });
});

const PAIRS: readonly KeyPairSpec[] = [
  'RSA_2048',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'ECC_NIST_EDWARDS25519',
  'SM2',
];

describe('private keys', () => {
  it.each(PAIRS)('of %s come with their public key, and are of no other spec', (spec) => {
    const own = createOwnKeyPair(spec);
    const parsed = parse(own.privateKey, spec);
    expect(Buffer.from(parsed.publicKey ?? [])).toEqual(own.publicKey);
    expect(hexOfSecret(parsed.bytes)).toBe(own.privateKey.toString('hex'));
    for (const other of [...PAIRS, 'RSA_3072'] as const) {
      if (other !== spec) expect(idOf(own.privateKey, other), other).toBeUndefined();
    }
  });

  it.each(PAIRS)('of %s are refused cut off, lengthened, or if they are public', (spec) => {
    const { privateKey, publicKey } = createOwnKeyPair(spec);
    for (const cut of truncations(privateKey)) expect(idOf(cut, spec)).toBeUndefined();
    expect(idOf(Buffer.concat([privateKey, Buffer.from([0])]), spec)).toBeUndefined();
    expect(idOf(publicKey, spec)).toBeUndefined();
  });

  // The tag of an Ed25519 key covers nothing: every 32 bytes are one.
  it.each(PAIRS.filter((spec) => spec !== 'ECC_NIST_EDWARDS25519'))(
    'of %s with a byte changed are refused, or are the same key',
    (spec) => {
      const { privateKey } = createOwnKeyPair(spec);
      const same = idOf(privateKey, spec);
      expect(same).toBeDefined();
      // An RSA key is long, and a signature made with each of its changes.
      const stride = spec === 'RSA_2048' ? 61 : 1;
      for (const { at, mutated } of oneByteMutations(privateKey)) {
        if (at % stride !== 0) continue;
        expect([undefined, same], `byte ${at}`).toContain(idOf(mutated, spec));
      }
    },
  );

  it('with the public half of another key are refused', () => {
    const [one, other] = [createOwnKeyPair('ECC_NIST_P256'), createOwnKeyPair('ECC_NIST_P256')];
    const mixed = Buffer.concat([one.privateKey.subarray(0, -64), other.publicKey.subarray(-64)]);
    expect(idOf(mixed, 'ECC_NIST_P256')).toBeUndefined();
  });

  it('are not any other bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(...PAIRS),
        (bytes, spec) => idOf(bytes, spec) === undefined,
      ),
    );
  });

  it.skipIf(!haveOpenssl)('with explicit parameters are refused (skipped without openssl)', () => {
    const make = (encoding: string): Uint8Array => {
      const pem = openssl([
        ...['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
        ...['-pkeyopt', `ec_param_enc:${encoding}`],
      ]);
      return openssl(['pkcs8', '-topk8', '-nocrypt', '-outform', 'DER'], pem);
    };
    expect(idOf(make('named_curve'), 'ECC_NIST_P256')).toBeDefined();
    expect(idOf(make('explicit'), 'ECC_NIST_P256')).toBeUndefined();
  });
});
