import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { SharedSecret } from '../../../enclave/broker/shared-secret.ts';
import { deriveKey, deriveKeyringKeys } from '../../../shared/kdf/index.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { hexOfSecret } from '../../support/secrets.ts';

const raw = randomBytes(32);
const secret = () => new Secret(Uint8Array.from(raw));
const shared = () => new SharedSecret(secret(), 'ECC_NIST_P256');

const USE = {
  kdf: { kind: 'one-step', hash: 'SHA-256' },
  fixedInfo: {
    algorithmId: Uint8Array.of(1),
    partyU: Uint8Array.of(2),
    partyV: Uint8Array.of(3),
  },
  lengthBytes: 32,
} as const;

const publicKeyOn = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'der', type: 'spki' });

const KEYRING = {
  senderPublicKey: publicKeyOn('prime256v1'),
  recipientPublicKey: publicKeyOn('prime256v1'),
  encryptionContext: new Map([['purpose', 'test']]),
  salt: new Uint8Array(32),
};

it('derives what deriveKey derives', () => {
  const expected = deriveKey({ ...USE, secret: secret() });
  expect(hexOfSecret(shared().deriveKey(USE))).toBe(hexOfSecret(expected));
});

it('derives from no other secret that the options bring along', () => {
  const options = { ...USE, secret: new Secret(new Uint8Array(32)) };
  expect(hexOfSecret(shared().deriveKey(options))).toBe(hexOfSecret(shared().deriveKey(USE)));
});

it('derives the keys of the ECDH keyrings on its own curve', () => {
  const expected = deriveKeyringKeys({ ...KEYRING, secret: secret(), spec: 'ECC_NIST_P256' });
  const { wrappingKey, commitmentKey } = shared().deriveKeyringKeys(KEYRING);
  expect(hexOfSecret(wrappingKey)).toBe(hexOfSecret(expected.wrappingKey));
  expect(hexOfSecret(commitmentKey)).toBe(hexOfSecret(expected.commitmentKey));
  const elsewhere = { ...KEYRING, senderPublicKey: publicKeyOn('SM2') };
  expect(codeOf(() => shared().deriveKeyringKeys(elsewhere))).toBe('AGREEMENT_KEY_CURVE');
});

it('gives the raw secret to who asks for it by name, and shows it to nobody else', () => {
  const it = shared();
  expect(it.revealRawSecret((bytes) => raw.equals(bytes))).toBe(true);
  const printed = `${inspect(it, { depth: 9, showHidden: true })}${JSON.stringify(it)}${it}`;
  for (const form of ['hex', 'base64'] as const) expect(printed).not.toContain(raw.toString(form));
  expect(JSON.stringify(it)).toBe('{"spec":"ECC_NIST_P256"}');
});

it('is wiped when it is disposed of', () => {
  const bytes = Uint8Array.from(raw);
  {
    using it = new SharedSecret(new Secret(bytes), 'ECC_NIST_P256');
    expect(it.spec).toBe('ECC_NIST_P256');
  }
  expect(bytes).toEqual(new Uint8Array(32));
  const gone = shared();
  gone.dispose();
  gone.dispose();
  expect(() => gone.revealRawSecret(() => undefined)).toThrow('disposed');
  expect(() => gone.deriveKey(USE)).toThrow('disposed');
});
