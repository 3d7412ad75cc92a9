import { createPublicKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openImportToken, sealImportToken } from '../../../local-kms/import/import-token.ts';
import { createVault } from '../../../local-kms/store/vault.ts';
import { Secret } from '../../../shared/secret.ts';
import { createOwnKeyPair } from '../../support/key-import.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const KEY = { account: '111122223333', region: 'us-east-1', keyId: 'k1' };
const VALID_TO = 1_000_000.5;

const own = createOwnKeyPair('RSA_2048');
const vault = createVault(new Secret(randomBytes(32)), randomBytes);

const seal = (): Uint8Array =>
  sealImportToken(vault, KEY, {
    algorithm: 'RSA_AES_KEY_WRAP_SHA_1',
    validTo: VALID_TO,
    wrappingKey: new Secret(Uint8Array.from(own.privateKey)),
  });

const refusal = (type: string) => expect.objectContaining({ type });

describe('import token', () => {
  it('gives the algorithm and the wrapping key until it expires', () => {
    const { algorithm, wrappingKey } = openImportToken(vault, KEY, seal(), VALID_TO - 0.001);
    expect(algorithm).toBe('RSA_AES_KEY_WRAP_SHA_1');
    const spki = createPublicKey(wrappingKey).export({ format: 'der', type: 'spki' });
    expect(spki).toEqual(own.publicKey);
    expect(() => openImportToken(vault, KEY, seal(), VALID_TO)).toThrow(
      refusal('ExpiredImportTokenException'),
    );
  });

  it('takes the wrapping key from its owner', () => {
    const wrappingKey = new Secret(Uint8Array.from(own.privateKey));
    sealImportToken(vault, KEY, { algorithm: 'RSAES_OAEP_SHA_256', validTo: 1, wrappingKey });
    expect(wrappingKey.disposed).toBe(true);
  });

  it.each([
    { ...KEY, keyId: 'k2' },
    { ...KEY, region: 'us-west-2' },
    { ...KEY, account: '444455556666' },
  ])('is not one of the key %j', (key) => {
    expect(() => openImportToken(vault, key, seal(), 0)).toThrow(
      refusal('InvalidImportTokenException'),
    );
  });

  it('does not open with any one byte changed, nor cut off', () => {
    const token = seal();
    for (const { at, mutated } of oneByteMutations(token)) {
      expect(() => openImportToken(vault, KEY, mutated, 0), `byte ${at}`).toThrow(
        refusal('InvalidImportTokenException'),
      );
    }
    for (const cut of truncations(token)) {
      expect(() => openImportToken(vault, KEY, cut, 0)).toThrow(
        refusal('InvalidImportTokenException'),
      );
    }
  });

  it('is not any other bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => openImportToken(vault, KEY, bytes, 0)).toThrow(
          refusal('InvalidImportTokenException'),
        );
      }),
    );
  });
});
