import { describe, expect, it } from 'vitest';
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
    'kms:EncryptionContext',
    'kms:EncryptionContext:',
    'kms:KeySpecs',
  ])('is %s', (key) => expect(isUnknownKmsKey(key)).toBe(true));

  it.each([
    'kms:RecipientAttestation:ImageSha384',
    'kms:recipientattestation:imagesha384',
    'kms:RecipientAttestation:PCR0',
    'kms:RecipientAttestation:PCR31',
    'kms:RecipientAttestation:NitroTPMPCR16',
    'kms:EncryptionContext:any: thing\n',
    'kms:ViaService',
    'aws:PrincipalArn',
    'aws:Misspelt',
  ])('is not %s', (key) => expect(isUnknownKmsKey(key)).toBe(false));
});
