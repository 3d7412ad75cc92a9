import type { KeyPermission } from '../config/keys.ts';

/** What a caller can be permitted, and so all that the endpoint knows. */
export type EndpointOperation = KeyPermission | 'GenerateRandom';

/** What a member of a request is in JSON. Blobs are texts of base64 and stay that. */
export type MemberType = 'text' | 'count' | 'flag' | 'texts' | 'pairs';

export type MemberTypes = Readonly<Record<string, MemberType>>;

const key = { KeyId: 'text', GrantTokens: 'texts' } as const;
const use = { ...key, DryRun: 'flag' } as const;
const context = { EncryptionContext: 'pairs' } as const;

/**
 * The members that each operation's requests may have: those of the service's model, but for
 * `Recipient`, which is the endpoint's, and `DryRunModifiers`, by which a Decrypt has no ciphertext.
 *
 * A member that is not here is refused: left out, or passed on unread, it could make another call of
 * the one that was authorised.
 */
export const ENDPOINT_OPERATIONS = {
  Decrypt: { ...use, ...context, CiphertextBlob: 'text', EncryptionAlgorithm: 'text' },
  DeriveSharedSecret: { ...use, KeyAgreementAlgorithm: 'text', PublicKey: 'text' },
  DescribeKey: key,
  Encrypt: { ...use, ...context, Plaintext: 'text', EncryptionAlgorithm: 'text' },
  GenerateDataKey: { ...use, ...context, NumberOfBytes: 'count', KeySpec: 'text' },
  GenerateDataKeyPair: { ...use, ...context, KeyPairSpec: 'text' },
  GenerateDataKeyPairWithoutPlaintext: { ...use, ...context, KeyPairSpec: 'text' },
  GenerateDataKeyWithoutPlaintext: { ...use, ...context, NumberOfBytes: 'count', KeySpec: 'text' },
  GenerateMac: { ...use, Message: 'text', MacAlgorithm: 'text' },
  GenerateRandom: { NumberOfBytes: 'count', CustomKeyStoreId: 'text' },
  GetPublicKey: key,
  Sign: { ...use, Message: 'text', MessageType: 'text', SigningAlgorithm: 'text' },
  Verify: {
    ...use,
    Message: 'text',
    MessageType: 'text',
    Signature: 'text',
    SigningAlgorithm: 'text',
  },
  VerifyMac: { ...use, Message: 'text', MacAlgorithm: 'text', Mac: 'text' },
} as const satisfies Readonly<Record<EndpointOperation, MemberTypes>>;

export function isEndpointOperation(name: string): name is EndpointOperation {
  return Object.hasOwn(ENDPOINT_OPERATIONS, name);
}
