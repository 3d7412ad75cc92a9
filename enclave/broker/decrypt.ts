import { DecryptCommand, type EncryptionAlgorithmSpec, type KMSClient } from '@aws-sdk/client-kms';
import type { Secret } from '../../shared/secret.ts';
import { checkKeyArn, takePlaintext } from './answer.ts';
import type { CallOptions, PermittedCall } from './permitted-key.ts';

export interface Ciphertext {
  readonly ciphertext: Uint8Array;
  /** `SYMMETRIC_DEFAULT` unless said otherwise; an asymmetric key has no encryption context. */
  readonly algorithm?: EncryptionAlgorithmSpec;
}

export async function decrypt(
  kms: KMSClient,
  { key, encryptionContext, grantTokens }: PermittedCall,
  { ciphertext, algorithm = 'SYMMETRIC_DEFAULT' }: Ciphertext,
  options: CallOptions,
): Promise<Secret> {
  const { KeyId, Plaintext } = await kms.send(
    new DecryptCommand({
      KeyId: key.arn,
      CiphertextBlob: ciphertext,
      EncryptionContext: encryptionContext,
      EncryptionAlgorithm: algorithm,
      GrantTokens: grantTokens,
    }),
    options,
  );
  return takePlaintext('Decrypt', Plaintext, (secret) => {
    checkKeyArn('Decrypt', key.arn, KeyId);
    return secret;
  });
}
