import { getCurves } from 'node:crypto';
import { GenerateDataKeyPairCommand, type KMSClient } from '@aws-sdk/client-kms';
import { checkKeyArn, requireBytes, takePlaintext } from './answer.ts';
import { type DataKeyPair, type DataKeyPairSpec, parseDataKeyPair } from './data-key-pair.ts';
import { decrypt } from './decrypt.ts';
import type { CallOptions, PermittedCall } from './permitted-key.ts';

export async function generateDataKeyPair(
  kms: KMSClient,
  { key, encryptionContext, grantTokens }: PermittedCall,
  spec: DataKeyPairSpec,
  options: CallOptions,
): Promise<DataKeyPair> {
  const operation = 'GenerateDataKeyPair';
  const answer = await kms.send(
    new GenerateDataKeyPairCommand({
      KeyId: key.arn,
      KeyPairSpec: spec,
      EncryptionContext: encryptionContext,
      GrantTokens: grantTokens,
    }),
    options,
  );
  return takePlaintext(operation, answer.PrivateKeyPlaintext, (pkcs8) => {
    checkKeyArn(operation, key.arn, answer.KeyId);
    const publicKey = requireBytes(operation, 'PublicKey', answer.PublicKey);
    const wrappedPrivateKey = requireBytes(
      operation,
      'PrivateKeyCiphertextBlob',
      answer.PrivateKeyCiphertextBlob,
    );
    return parseDataKeyPair({ spec, pkcs8, publicKey, wrappedPrivateKey }, getCurves());
  });
}

export interface WrappedKeyPair {
  readonly spec: DataKeyPairSpec;
  readonly wrappedPrivateKey: Uint8Array;
  /** DER SubjectPublicKeyInfo: the one that the private key must belong to. */
  readonly publicKey: Uint8Array;
}

export async function unwrapPrivateKey(
  kms: KMSClient,
  permitted: PermittedCall,
  { spec, wrappedPrivateKey, publicKey }: WrappedKeyPair,
  options: CallOptions,
): Promise<DataKeyPair> {
  const members = {
    spec,
    publicKey: Uint8Array.from(publicKey),
    wrappedPrivateKey: Uint8Array.from(wrappedPrivateKey),
  };
  const pkcs8 = await decrypt(kms, permitted, { ciphertext: members.wrappedPrivateKey }, options);
  try {
    return parseDataKeyPair({ ...members, pkcs8 }, getCurves());
  } catch (error) {
    pkcs8.dispose();
    throw error;
  }
}
