import type { Backend } from '../backend.ts';
import {
  checkDecryption,
  type Decrypted,
  decryptWith,
  findDecryptionKey,
} from '../cryptography/encryption/decryption.ts';
import {
  checkEncryption,
  checkPlaintextLength,
  type Encryption,
  encryptWith,
} from '../cryptography/encryption/encryption.ts';
import { SYMMETRIC_DEFAULT } from '../cryptography/encryption/encryption-algorithms.ts';
import { checkState } from '../keys/check-state.ts';
import { checkKeyUsage } from '../keys/check-usage.ts';
import { findKey, requestAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { ENCRYPTION_ALGORITHM, GRANTABLE, KEY_ID, STRING_MAP } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import type { KeyRecord, KeyState } from '../store/records.ts';
import { CIPHERTEXT, checkedCiphertextOf, ciphertextOf } from './ciphertext.ts';
import { encryptionConditions } from './encryption-conditions.ts';
import { conditionKeys, type KeyCall, keyOperation } from './operation.ts';

const STATES: readonly KeyState[] = ['Enabled'];

const input = {
  ...CIPHERTEXT,
  SourceEncryptionContext: optional(STRING_MAP),
  SourceKeyId: optional(KEY_ID),
  DestinationKeyId: required(KEY_ID),
  DestinationEncryptionContext: optional(STRING_MAP),
  SourceEncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  DestinationEncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  ...GRANTABLE,
} as const;

type ReEncryptRequest = RequestOf<typeof input>;

/** The key of the operation is the source. */
export const reEncrypt = keyOperation({
  name: 'ReEncrypt',
  action: 'ReEncryptFrom',
  input,
  conditions: (request, backend) =>
    new Map([
      ...encryptionConditions(sourceAlgorithm(request), request.SourceEncryptionContext),
      ...pairConditions(request, backend),
      ...aliasConditions(request.SourceKeyId),
    ]),
  findKey: findSource,
  alsoOn(request, backend) {
    const key = findDestination(request, backend);
    const conditions = new Map([
      ...encryptionConditions(destinationAlgorithm(request), request.DestinationEncryptionContext),
      ...pairConditions(request, backend),
      ...aliasConditions(request.DestinationKeyId),
    ]);
    return [{ action: 'ReEncryptTo', key, resource: arnOf(key), conditions }];
  },
  crossAccount: true,
  states: STATES,
  check(call) {
    const { request } = call;
    const ciphertext = checkedCiphertextOf(request);
    // The service calls each half by its permission here.
    checkDecryption('ReEncryptFrom', sourceOf(call), ciphertext);
    const destination = destinationOf(call);
    checkKeyUsage('ENCRYPT_DECRYPT', destination.key, 'ReEncryptTo');
    checkState(STATES, destination.key);
    checkEncryption(destination);
    if (request.DryRun === true && ciphertext !== undefined) open(call).plaintext.dispose();
  },
  execute(call) {
    const source = sourceOf(call);
    const destination = destinationOf(call);
    const { plaintext, keyMaterialId: sourceMaterialId } = open(call);
    try {
      const { ciphertext, keyMaterialId } = plaintext.reveal((bytes) =>
        encryptWith(call.backend, destination, bytes),
      );
      return {
        members: {
          CiphertextBlob: ciphertext,
          SourceKeyId: arnOf(source.key),
          KeyId: arnOf(destination.key),
          SourceEncryptionAlgorithm: source.algorithm,
          DestinationEncryptionAlgorithm: destination.algorithm,
          SourceKeyMaterialId: sourceMaterialId,
          DestinationKeyMaterialId: keyMaterialId,
        },
      };
    } finally {
      plaintext.dispose();
    }
  },
});

/** Decrypts, as far as it fits the destination. The caller disposes of the plaintext. */
function open(call: KeyCall<typeof input>): Decrypted {
  const decrypted = decryptWith(call.backend, sourceOf(call), ciphertextOf(call.request));
  try {
    checkPlaintextLength(destinationOf(call), decrypted.plaintext.length);
    return decrypted;
  } catch (error) {
    decrypted.plaintext.dispose();
    throw error;
  }
}

function sourceOf({ request, key }: KeyCall<typeof input>): Encryption {
  const { SourceEncryptionContext: encryptionContext } = request;
  return { key, algorithm: sourceAlgorithm(request), encryptionContext };
}

function destinationOf({ request, backend }: KeyCall<typeof input>): Encryption {
  const { DestinationEncryptionContext: encryptionContext } = request;
  const key = findDestination(request, backend);
  return { key, algorithm: destinationAlgorithm(request), encryptionContext };
}

function findSource(request: ReEncryptRequest, backend: Backend): KeyRecord {
  const ciphertext = checkedCiphertextOf(request);
  return findDecryptionKey(backend, request.SourceKeyId, sourceAlgorithm(request), ciphertext);
}

function findDestination(request: ReEncryptRequest, backend: Backend): KeyRecord {
  return findKey(backend, request.DestinationKeyId);
}

function sourceAlgorithm({ SourceEncryptionAlgorithm = SYMMETRIC_DEFAULT }: ReEncryptRequest) {
  return SourceEncryptionAlgorithm;
}

function destinationAlgorithm(request: ReEncryptRequest) {
  return request.DestinationEncryptionAlgorithm ?? SYMMETRIC_DEFAULT;
}

function pairConditions(request: ReEncryptRequest, backend: Backend) {
  const same = arnOf(findSource(request, backend)) === arnOf(findDestination(request, backend));
  return conditionKeys({ 'kms:ReEncryptOnSameKey': String(same) });
}

/** The keys are named by other members than `KeyId` here. */
function aliasConditions(keyId: string | undefined) {
  return conditionKeys({ 'kms:RequestAlias': keyId && requestAlias(keyId) });
}
