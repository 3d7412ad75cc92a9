import { DeriveSharedSecretCommand, type KMSClient } from '@aws-sdk/client-kms';
import { ConfigError } from '../../shared/errors.ts';
import { AGREEMENT_CURVES, parseAgreementPublicKey } from '../../shared/key-agreement/index.ts';
import { checkLength, takePlaintext } from './answer.ts';
import type { CallOptions, PermittedCall } from './permitted-key.ts';
import { SharedSecret } from './shared-secret.ts';

/** @param publicKey - the peer's, DER SubjectPublicKeyInfo. */
export async function deriveSharedSecret(
  kms: KMSClient,
  { key: { arn, keySpec }, grantTokens }: PermittedCall,
  publicKey: Uint8Array,
  options: CallOptions,
): Promise<SharedSecret> {
  const operation = 'DeriveSharedSecret';
  if (keySpec === undefined) {
    throw new ConfigError('CONFIG_INVALID', `a key that is permitted ${operation} needs a keySpec`);
  }
  const PublicKey = Uint8Array.from(publicKey);
  parseAgreementPublicKey(PublicKey, keySpec);
  const { SharedSecret: plaintext } = await kms.send(
    new DeriveSharedSecretCommand({
      KeyId: arn,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey,
      GrantTokens: grantTokens,
    }),
    options,
  );
  return takePlaintext(operation, plaintext, (secret) => {
    checkLength(operation, secret, AGREEMENT_CURVES[keySpec].coordinateBytes);
    return new SharedSecret(secret, keySpec);
  });
}
