import { GenerateDataKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Secret } from '../../shared/secret.ts';
import { checkKeyArn, checkLength, requireBytes, takePlaintext } from './answer.ts';
import type { CallOptions, PermittedCall } from './permitted-key.ts';

const SPEC_BYTES = { AES_128: 16, AES_256: 32 } as const;

/** One of the two. */
export type DataKeySize =
  | { readonly spec: keyof typeof SPEC_BYTES; readonly bytes?: never }
  /** 1 to 1024. */
  | { readonly bytes: number; readonly spec?: never };

export interface DataKey {
  /** To be disposed of. */
  readonly plaintext: Secret;
  /** The same key as only KMS opens it, with the same encryption context. Not secret. */
  readonly wrapped: Uint8Array;
}

export async function generateDataKey(
  kms: KMSClient,
  { key, encryptionContext, grantTokens }: PermittedCall,
  size: DataKeySize,
  options: CallOptions,
): Promise<DataKey> {
  const operation = 'GenerateDataKey';
  const bytes = size.spec === undefined ? size.bytes : SPEC_BYTES[size.spec];
  const { KeyId, Plaintext, CiphertextBlob } = await kms.send(
    new GenerateDataKeyCommand({
      KeyId: key.arn,
      EncryptionContext: encryptionContext,
      KeySpec: size.spec,
      NumberOfBytes: size.bytes,
      GrantTokens: grantTokens,
    }),
    options,
  );
  return takePlaintext(operation, Plaintext, (plaintext) => {
    checkKeyArn(operation, key.arn, KeyId);
    checkLength(operation, plaintext, bytes);
    return { plaintext, wrapped: requireBytes(operation, 'CiphertextBlob', CiphertextBlob) };
  });
}
