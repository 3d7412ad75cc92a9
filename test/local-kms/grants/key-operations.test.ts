import { describe, expect, it } from 'vitest';
import { checkGrantOperations } from '../../../local-kms/grants/key-operations.ts';
import { GRANT_OPERATIONS, type GrantOperation } from '../../../local-kms/grants/operations.ts';
import type { KeySpec, KeyUsage } from '../../../local-kms/keys/specs.ts';

const MANAGEMENT: readonly GrantOperation[] = ['DescribeKey', 'CreateGrant', 'RetireGrant'];
const ENCRYPTION: readonly GrantOperation[] = [
  'Encrypt',
  'Decrypt',
  'ReEncryptFrom',
  'ReEncryptTo',
];

const suitable: readonly (readonly [KeySpec, KeyUsage, readonly GrantOperation[]])[] = [
  [
    'SYMMETRIC_DEFAULT',
    'ENCRYPT_DECRYPT',
    [
      ...ENCRYPTION,
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'GenerateDataKeyPair',
      'GenerateDataKeyPairWithoutPlaintext',
    ],
  ],
  ['RSA_2048', 'ENCRYPT_DECRYPT', [...ENCRYPTION, 'GetPublicKey']],
  ['SM2', 'ENCRYPT_DECRYPT', [...ENCRYPTION, 'GetPublicKey']],
  ['RSA_4096', 'SIGN_VERIFY', ['Sign', 'Verify', 'GetPublicKey']],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ['Sign', 'Verify', 'GetPublicKey']],
  ['ECC_NIST_P384', 'KEY_AGREEMENT', ['DeriveSharedSecret', 'GetPublicKey']],
  ['SM2', 'KEY_AGREEMENT', ['DeriveSharedSecret', 'GetPublicKey']],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', ['GenerateMac', 'VerifyMac']],
];

const ofType = (type: string) => expect.objectContaining({ type });

describe.each(suitable)('a grant on a %s key for %s', (keySpec, keyUsage, operations) => {
  const check =
    (...wanted: GrantOperation[]) =>
    () =>
      checkGrantOperations(wanted, { keySpec, keyUsage });

  it.each(GRANT_OPERATIONS)('has %s only if the key does', (operation) => {
    const wanted = check('DescribeKey', operation);
    if ([...operations, ...MANAGEMENT].includes(operation)) expect(wanted).not.toThrow();
    else expect(wanted).toThrow(ofType('ValidationException'));
  });

  it('may have all of them', () => {
    expect(check(...operations, ...MANAGEMENT)).not.toThrow();
  });
});

describe('any grant', () => {
  const key = { keySpec: 'SYMMETRIC_DEFAULT', keyUsage: 'ENCRYPT_DECRYPT' } as const;

  it('has operations', () => {
    expect(() => checkGrantOperations([], key)).toThrow(ofType('ValidationException'));
  });

  it('is not for CreateGrant alone, in the words of KMS', () => {
    expect(() => checkGrantOperations(['CreateGrant', 'CreateGrant'], key)).toThrow(
      expect.objectContaining({
        type: 'ValidationException',
        wireMessage: 'Grants must not contain only the CreateGrant operation.',
      }),
    );
  });

  it('is refused with the names of what does not fit, each once', () => {
    expect(() => checkGrantOperations(['Sign', 'Decrypt', 'Verify', 'Sign'], key)).toThrow(
      expect.objectContaining({
        wireMessage:
          'The grant operations Sign, Verify are not valid for a key with key spec SYMMETRIC_DEFAULT and key usage ENCRYPT_DECRYPT.',
      }),
    );
  });
});
