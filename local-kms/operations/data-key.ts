import { Secret } from '../../shared/secret.ts';
import { checkEncryption } from '../cryptography/encryption/encryption.ts';
import { SYMMETRIC_DEFAULT } from '../cryptography/encryption/encryption-algorithms.ts';
import { encryptUnder } from '../cryptography/encryption/symmetric-encryption.ts';
import { validationError } from '../errors.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { DATA_KEY_BYTES, GRANTABLE, KEY_ID, STRING_MAP } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import { encryptionConditions } from './encryption-conditions.ts';
import type { Answer, KeyCall, KeyOperation } from './operation.ts';

const KEY_BYTES = { AES_256: 32, AES_128: 16 } as const;

const input = {
  KeyId: required(KEY_ID),
  EncryptionContext: optional(STRING_MAP),
  NumberOfBytes: optional(DATA_KEY_BYTES),
  KeySpec: optional({ type: 'string', values: ['AES_256', 'AES_128'] }),
  ...GRANTABLE,
} as const;

/** What GenerateDataKey and GenerateDataKeyWithoutPlaintext have in common. */
export const DATA_KEY_OPERATION = {
  input,
  conditions: (request) => encryptionConditions(SYMMETRIC_DEFAULT, request.EncryptionContext),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'ENCRYPT_DECRYPT',
  crossAccount: true,
  states: ['Enabled'],
  check({ request, key }) {
    lengthOf(request);
    const { EncryptionContext: encryptionContext } = request;
    checkEncryption({ key, algorithm: SYMMETRIC_DEFAULT, encryptionContext });
  },
} as const satisfies Partial<KeyOperation<typeof input>>;

/** Makes the data key. The answer owns the plaintext. */
export function createDataKey({ backend, request, key }: KeyCall<typeof input>): Required<Answer> {
  const plaintext = new Secret(backend.randomBytes(lengthOf(request)));
  const { ciphertext, keyMaterialId } = plaintext.reveal((bytes) =>
    encryptUnder(backend, key, bytes, request.EncryptionContext),
  );
  return {
    members: { CiphertextBlob: ciphertext, KeyId: arnOf(key), KeyMaterialId: keyMaterialId },
    plaintext,
  };
}

function lengthOf({ KeySpec, NumberOfBytes }: RequestOf<typeof input>): number {
  if (KeySpec !== undefined && NumberOfBytes === undefined) return KEY_BYTES[KeySpec];
  if (KeySpec === undefined && NumberOfBytes !== undefined) return NumberOfBytes;
  throw validationError('Please specify either number of bytes or key spec.');
}
