import type { KMSClient } from '@aws-sdk/client-kms';
import { KmsError } from '../../shared/errors.ts';
import type { Secret } from '../../shared/secret.ts';
import type { KeyPermission } from '../config/keys.ts';
import type { EnclaveConfig } from '../config.ts';
import { isAttested } from '../kms/recipient-plugin.ts';
import type { DataKeyPair, DataKeyPairSpec } from './data-key-pair.ts';
import { type Ciphertext, decrypt } from './decrypt.ts';
import { deriveSharedSecret } from './derive-shared-secret.ts';
import { type DataKey, type DataKeySize, generateDataKey } from './generate-data-key.ts';
import {
  generateDataKeyPair,
  unwrapPrivateKey,
  type WrappedKeyPair,
} from './generate-data-key-pair.ts';
import { generateRandom } from './generate-random.ts';
import { type CallOnKey, type CallOptions, checkPermitted } from './permitted-key.ts';
import type { SharedSecret } from './shared-secret.ts';

export interface KeyBrokerOptions {
  /** A client with the `attestedRecipient` plugin. */
  readonly kms: KMSClient;
  /** The `keys` of the configuration, by name. */
  readonly keys: EnclaveConfig['keys'];
}

/**
 * The Recipient operations of KMS on keys that the measured configuration names.
 *
 * Refused before anything leaves, with a PolicyError: a key that it does not name (`KEY_UNKNOWN`), an
 * operation that it does not permit on the key (`KEY_OPERATION`), an encryption context without the
 * pairs that it requires (`KEY_CONTEXT`). Refused of an answer, with a KmsError: one about another key
 * (`KMS_OTHER_KEY`), one in clear (`KMS_PLAINTEXT_ANSWERED`), without a member
 * (`KMS_ANSWER_INCOMPLETE`), of another length (`KMS_ANSWER_LENGTH`).
 *
 * KMS's own exceptions, the client's TransportErrors, NsmErrors and UnwrapErrors pass as they are.
 * An aborted call fails with the SDK's AbortError. The caller disposes of every Secret, DataKeyPair and
 * SharedSecret.
 */
export interface KeyBroker {
  /** Opens a ciphertext of the key, of at most 4096 bytes of plaintext. */
  decrypt(call: CallOnKey & Ciphertext, options?: CallOptions): Promise<Secret>;
  /** Makes a data key, of `spec` or of `bytes`. */
  generateDataKey(call: CallOnKey & DataKeySize, options?: CallOptions): Promise<DataKey>;
  /**
   * Makes a key pair, whose halves are parsed and belong together.
   *
   * @throws {KmsError} also KMS_KEY_PAIR
   */
  generateDataKeyPair(
    call: CallOnKey & { readonly spec: DataKeyPairSpec },
    options?: CallOptions,
  ): Promise<DataKeyPair>;
  /**
   * Opens the wrapped private key of {@link generateDataKeyPair} again, if it belongs to that public
   * key. The key must be permitted Decrypt.
   *
   * @throws {KmsError} also KMS_KEY_PAIR
   */
  unwrapPrivateKey(call: CallOnKey & WrappedKeyPair, options?: CallOptions): Promise<DataKeyPair>;
  /**
   * Agrees with the holder of a public key, DER SubjectPublicKeyInfo, which is validated for the
   * `keySpec` of the key before it leaves.
   *
   * @throws {FormatError} ASN1_*, AGREEMENT_KEY_*
   */
  deriveSharedSecret(
    call: Omit<CallOnKey, 'encryptionContext'> & { readonly publicKey: Uint8Array },
    options?: CallOptions,
  ): Promise<SharedSecret>;
  /** Gets 1 to 1024 random bytes from the HSMs of KMS. */
  generateRandom(call: { readonly bytes: number }, options?: CallOptions): Promise<Secret>;
}

/**
 * Makes the broker.
 *
 * @throws {KmsError} KMS_CLIENT_NOT_ATTESTED
 * @example
 * const broker = createKeyBroker({ kms: enclave.kms, keys: config.keys });
 * const { plaintext, wrapped } = await broker.generateDataKey({ key: 'records', spec: 'AES_256' });
 */
export function createKeyBroker({ kms, keys }: KeyBrokerOptions): KeyBroker {
  if (!isAttested(kms)) {
    throw new KmsError('KMS_CLIENT_NOT_ATTESTED', 'expected a client with attestedRecipient');
  }
  const named = new Map(Object.entries(keys));
  const permit = (operation: KeyPermission, call: CallOnKey) =>
    checkPermitted(named, operation, call);
  return {
    decrypt: async (call, options = {}) => decrypt(kms, permit('Decrypt', call), call, options),
    generateDataKey: async (call, options = {}) =>
      generateDataKey(kms, permit('GenerateDataKey', call), call, options),
    generateDataKeyPair: async (call, options = {}) =>
      generateDataKeyPair(kms, permit('GenerateDataKeyPair', call), call.spec, options),
    unwrapPrivateKey: async (call, options = {}) =>
      unwrapPrivateKey(kms, permit('Decrypt', call), call, options),
    deriveSharedSecret: async (call, options = {}) =>
      deriveSharedSecret(kms, permit('DeriveSharedSecret', call), call.publicKey, options),
    generateRandom: async ({ bytes }, options = {}) => generateRandom(kms, bytes, options),
  };
}
