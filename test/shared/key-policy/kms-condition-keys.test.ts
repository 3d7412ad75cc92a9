import { describe, expect, it } from 'vitest';
import { kmsContext } from '../../../shared/key-policy/index.ts';
import { isUnknownKmsKey } from '../../../shared/key-policy/kms-condition-keys.ts';

describe('a condition key that KMS does not have', () => {
  it.each([
    'kms:RecipientAttestaton:PCR0',
    'KMS:RecipientAttestaton:PCR0',
    'kms:RecipientAttestation',
    'kms:RecipientAttestation:PCR',
    'kms:RecipientAttestation:PCR00',
    'kms:RecipientAttestation:PCR32',
    'kms:RecipientAttestation:TPMPCR0',
    'kms:RecipientAttestation:NitroTPMPCR24',
    'kms:EncryptionContext',
    'kms:EncryptionContext:',
    'kms:KeySpecs',
  ])('is %s', (key) => expect(isUnknownKmsKey(key)).toBe(true));

  it.each([
    'kms:RecipientAttestation:ImageSha384',
    'kms:recipientattestation:imagesha384',
    'kms:RecipientAttestation:PCR0',
    'kms:RecipientAttestation:PCR31',
    'kms:RecipientAttestation:NitroTPMPCR0',
    'kms:RecipientAttestation:NitroTPMPCR23',
    'kms:EncryptionContext:any: thing\n',
    'aws:PrincipalArn',
    'aws:Misspelt',
    ...[
      'BypassPolicyLockoutSafetyCheck',
      'CallerAccount',
      'DataKeyPairSpec',
      'EncryptionAlgorithm',
      'EncryptionContextKeys',
      'GrantConstraintType',
      'GranteePrincipal',
      'GrantIsForAWSResource',
      'GrantOperations',
      'KeyAgreementAlgorithm',
      'KeyOrigin',
      'KeySpec',
      'KeyUsage',
      'MacAlgorithm',
      'MessageType',
      'MultiRegion',
      'ReEncryptOnSameKey',
      'RequestAlias',
      'ResourceAliases',
      'RetiringPrincipal',
      'RotationPeriodInDays',
      'ScheduleKeyDeletionPendingWindowInDays',
      'SigningAlgorithm',
      'ViaService',
    ].map((name) => `kms:${name}`),
  ])('is not %s', (key) => expect(isUnknownKmsKey(key)).toBe(false));
});

it('kmsContext writes each value as IAM does, and leaves out what is undefined', () => {
  expect([
    ...kmsContext({
      KeySpec: 'ECC_NIST_P384',
      RotationPeriodInDays: 90,
      MultiRegion: false,
      GrantOperations: ['Decrypt', 'DescribeKey'],
      RequestAlias: undefined,
    }),
  ]).toEqual([
    ['kms:KeySpec', ['ECC_NIST_P384']],
    ['kms:RotationPeriodInDays', ['90']],
    ['kms:MultiRegion', ['false']],
    ['kms:GrantOperations', ['Decrypt', 'DescribeKey']],
  ]);
});
