import {
  checkEncryption,
  checkPlaintextLength,
  type Encryption,
  encryptWith,
} from '../cryptography/encryption/encryption.ts';
import { SYMMETRIC_DEFAULT } from '../cryptography/encryption/encryption-algorithms.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { ENCRYPTION_ALGORITHM, GRANTABLE, KEY_ID, STRING_MAP } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { encryptionConditions } from './encryption-conditions.ts';
import { type KeyCall, keyOperation } from './operation.ts';

const input = {
  KeyId: required(KEY_ID),
  Plaintext: required({ type: 'blob', min: 1, max: 4096 }),
  EncryptionContext: optional(STRING_MAP),
  EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  ...GRANTABLE,
} as const;

export const encrypt = keyOperation({
  name: 'Encrypt',
  input,
  conditions: ({ EncryptionAlgorithm = SYMMETRIC_DEFAULT, EncryptionContext }) =>
    encryptionConditions(EncryptionAlgorithm, EncryptionContext),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'ENCRYPT_DECRYPT',
  crossAccount: true,
  states: ['Enabled'],
  check(call) {
    const encryption = encryptionOf(call);
    checkEncryption(encryption);
    checkPlaintextLength(encryption, call.request.Plaintext.length);
  },
  execute(call) {
    const { backend, request, key } = call;
    try {
      const encryption = encryptionOf(call);
      const { ciphertext } = encryptWith(backend, encryption, request.Plaintext);
      return {
        members: {
          CiphertextBlob: ciphertext,
          KeyId: arnOf(key),
          EncryptionAlgorithm: encryption.algorithm,
        },
      };
    } finally {
      request.Plaintext.fill(0);
    }
  },
});

function encryptionOf({ request, key }: KeyCall<typeof input>): Encryption {
  const { EncryptionAlgorithm: algorithm = SYMMETRIC_DEFAULT, EncryptionContext } = request;
  return { key, algorithm, encryptionContext: EncryptionContext };
}
