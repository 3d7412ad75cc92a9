import { describe, expect, it } from 'vitest';
import { type DeriveKeyOptions, deriveKey, type KeyDerivation } from '../../../shared/kdf/index.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { hexOfSecret, secretOf } from '../../support/secrets.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const base = {
  secret: new Secret(new Uint8Array(32).fill(7)),
  kdf: { kind: 'hkdf', hash: 'SHA-256' },
  fixedInfo: { algorithmId: utf8('A256GCM'), partyU: utf8('enclave'), partyV: utf8('client') },
  lengthBytes: 32,
} as const satisfies DeriveKeyOptions;

const salt = new Uint8Array(32).fill(9);
const derivations: readonly KeyDerivation[] = (['SHA-256', 'SHA-384', 'SHA-512'] as const).flatMap(
  (hash) => [
    { kind: 'one-step', hash },
    { kind: 'one-step-hmac', hash },
    { kind: 'one-step-hmac', hash, salt },
    { kind: 'hkdf', hash },
    { kind: 'hkdf', hash, salt },
  ],
);

const derive = (change: Partial<DeriveKeyOptions> = {}): string => {
  const key = deriveKey({ ...base, ...change });
  expect(key.length).toBe(change.lengthBytes ?? base.lengthBytes);
  return hexOfSecret(key);
};

describe('deriveKey', () => {
  it('is the Concat KDF of JOSE in the example of RFC 7518 appendix C', () => {
    const key = deriveKey({
      secret: secretOf('9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4'),
      kdf: { kind: 'one-step', hash: 'SHA-256' },
      fixedInfo: { algorithmId: utf8('A128GCM'), partyU: utf8('Alice'), partyV: utf8('Bob') },
      lengthBytes: 16,
    });
    expect(Buffer.from(hexOfSecret(key), 'hex').toString('base64url')).toBe(
      'VqqN6vgjbSBcIijNcacQGg',
    );
  });

  it('gives another key for every derivation, hash and salt', () => {
    expect(new Set(derivations.map((kdf) => derive({ kdf }))).size).toBe(derivations.length);
  });

  it.each(derivations)('gives the same key again ($kind, $hash)', (kdf) => {
    expect(derive({ kdf })).toBe(derive({ kdf: { ...kdf } }));
  });

  it.each(derivations)('binds the key to every byte of its inputs ($kind, $hash)', (kdf) => {
    const info = {
      ...base.fixedInfo,
      suppPubInfo: utf8('session'),
      suppPrivInfo: new Secret(utf8('word')),
    };
    const keys = [derive({ kdf, fixedInfo: info })];
    for (const field of ['algorithmId', 'partyU', 'partyV', 'suppPubInfo'] as const) {
      for (const { mutated } of oneByteMutations(info[field])) {
        keys.push(derive({ kdf, fixedInfo: { ...info, [field]: mutated } }));
      }
    }
    for (const { mutated } of oneByteMutations(utf8('word'))) {
      keys.push(derive({ kdf, fixedInfo: { ...info, suppPrivInfo: new Secret(mutated) } }));
    }
    for (const { mutated } of oneByteMutations(new Uint8Array(32).fill(7))) {
      keys.push(derive({ kdf, fixedInfo: info, secret: new Secret(mutated) }));
    }
    if (kdf.kind !== 'one-step' && kdf.salt) {
      for (const { mutated } of oneByteMutations(kdf.salt)) {
        keys.push(derive({ kdf: { ...kdf, salt: mutated }, fixedInfo: info }));
      }
    }
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(derivations)('gives no key that begins another ($kind, $hash)', (kdf) => {
    expect(derive({ kdf, lengthBytes: 64 }).startsWith(derive({ kdf }))).toBe(false);
  });

  it.each([32, 48, 66])('takes a shared secret of %i bytes', (length) => {
    expect(derive({ secret: new Secret(new Uint8Array(length)) })).toHaveLength(64);
  });

  it('leaves what is secret to the caller, as it was', () => {
    const suppPrivInfo = new Secret(utf8('word'));
    derive({ fixedInfo: { ...base.fixedInfo, suppPrivInfo } });
    expect(hexOfSecret(suppPrivInfo)).toBe(Buffer.from('word').toString('hex'));
    expect(hexOfSecret(base.secret)).toBe('07'.repeat(32));
  });

  const hkdf = { kind: 'hkdf', hash: 'SHA-256' } as const;
  it.each<[string, string, object]>([
    ['no secret', 'KDF_SECRET', { secret: new Secret(new Uint8Array()) }],
    ['a secret without its leading zero', 'KDF_SECRET', { secret: new Secret(new Uint8Array(31)) }],
    ['a secret with a zero too many', 'KDF_SECRET', { secret: new Secret(new Uint8Array(33)) }],
    ['a point for a secret', 'KDF_SECRET', { secret: new Secret(new Uint8Array(65)) }],
    ['an unknown derivation', 'KDF_ALGORITHM', { kdf: { kind: 'x963', hash: 'SHA-256' } }],
    ['an unknown hash', 'KDF_ALGORITHM', { kdf: { kind: 'hkdf', hash: 'SHA-1' } }],
    ['an unknown hash beside a salt', 'KDF_ALGORITHM', { kdf: { ...hkdf, hash: 'MD5', salt } }],
    ['an empty salt', 'KDF_SALT', { kdf: { ...hkdf, salt: new Uint8Array() } }],
    ['a salt longer than a block', 'KDF_SALT', { kdf: { ...hkdf, salt: new Uint8Array(65) } }],
    [
      'a salt longer than a block for one-step',
      'KDF_SALT',
      { kdf: { kind: 'one-step-hmac', hash: 'SHA-384', salt: new Uint8Array(129) } },
    ],
    ['a text for a salt', 'KDF_SALT', { kdf: { ...hkdf, salt: 'salt' } }],
    ['a salt for a hash', 'KDF_SALT', { kdf: { kind: 'one-step', hash: 'SHA-256', salt } }],
    ['null for a salt', 'KDF_SALT', { kdf: { ...hkdf, salt: null } }],
    [
      'a party without a name',
      'KDF_FIXED_INFO',
      { fixedInfo: { ...base.fixedInfo, partyU: null } },
    ],
    ['15 bytes', 'KDF_LENGTH', { lengthBytes: 15 }],
    ['no length', 'KDF_LENGTH', { lengthBytes: undefined }],
    ['a length that is no number', 'KDF_LENGTH', { lengthBytes: Number.NaN }],
    ['half a byte', 'KDF_LENGTH', { lengthBytes: 16.5 }],
    ['256 blocks', 'KDF_LENGTH', { lengthBytes: 32 * 255 + 1 }],
    ['more than any counter', 'KDF_LENGTH', { lengthBytes: 2 ** 40 }],
  ])('refuses %s: %s', (_name, code, change) => {
    expect(codeOf(() => deriveKey({ ...base, ...change } as DeriveKeyOptions))).toBe(code);
  });
});
