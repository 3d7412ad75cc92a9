import { encryptionContextEntries } from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Secret } from '../../shared/secret.ts';
import { invalidCiphertext, invalidKeyUsage } from '../errors.ts';
import {
  type CiphertextBlob,
  MAX_CIPHERTEXT_BLOB_BYTES,
  parseBlob,
} from '../keys/ciphertext-blob.ts';
import { decryptUnder } from '../keys/encryption.ts';
import { findKey, findKeyOfBlob } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import {
  ENCRYPTION_ALGORITHM,
  GRANTABLE,
  KEY_ID,
  RECIPIENT,
  STRING_MAP,
} from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import { checkSymmetricAlgorithm, SYMMETRIC_DEFAULT } from './encryption-algorithm.ts';
import { conditionKeys, type KeyCall, keyOperation } from './operation.ts';

const input = {
  CiphertextBlob: required({ type: 'blob', min: 1, max: MAX_CIPHERTEXT_BLOB_BYTES }),
  EncryptionContext: optional(STRING_MAP),
  KeyId: optional(KEY_ID),
  EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  ...GRANTABLE,
  ...RECIPIENT,
} as const;

export const decrypt = keyOperation({
  name: 'Decrypt',
  input,
  conditions: (request) =>
    new Map([
      ...conditionKeys({
        'kms:EncryptionAlgorithm': request.EncryptionAlgorithm ?? SYMMETRIC_DEFAULT,
      }),
      ...encryptionContextEntries(request.EncryptionContext ?? new Map()),
    ]),
  /** The key that the caller names is the one that is authorised, whatever the ciphertext says. */
  findKey(request, backend) {
    if (request.KeyId !== undefined) return findKey(backend, request.KeyId);
    return findKeyOfBlob(backend, blobOf(request));
  },
  crossAccount: true,
  states: ['Enabled'],
  check(call) {
    const { request, key } = call;
    // In this order: a key that did not make the ciphertext is the wrong one, whatever its usage.
    if (blobOf(request).keyId !== key.keyId) {
      throw new KmsServiceError(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
      );
    }
    if (key.keyUsage !== 'ENCRYPT_DECRYPT') {
      throw invalidKeyUsage(
        `${arnOf(key)} key usage is ${key.keyUsage} which is not valid for Decrypt.`,
      );
    }
    checkSymmetricAlgorithm(request.EncryptionAlgorithm, key);
    if (request.DryRun === true) open(call).dispose();
  },
  execute(call) {
    return {
      members: {
        KeyId: arnOf(call.key),
        EncryptionAlgorithm: SYMMETRIC_DEFAULT,
        KeyMaterialId: blobOf(call.request).keyMaterialId,
      },
      plaintext: open(call),
    };
  },
});

function open({ backend, request, key }: KeyCall<typeof input>): Secret {
  return decryptUnder(backend, key, blobOf(request), request.EncryptionContext);
}

function blobOf(request: RequestOf<typeof input>): CiphertextBlob {
  const blob = parseBlob(request.CiphertextBlob);
  if (blob === undefined) throw invalidCiphertext();
  return blob;
}
