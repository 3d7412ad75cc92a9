import { encryptionContextEntries } from '../../shared/key-policy/index.ts';
import { checkEncryptionContext, encryptUnder } from '../keys/encryption.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { ENCRYPTION_ALGORITHM, GRANTABLE, KEY_ID, STRING_MAP } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { checkSymmetricAlgorithm, SYMMETRIC_DEFAULT } from './encryption-algorithm.ts';
import { conditionKeys, keyOperation } from './operation.ts';

export const encrypt = keyOperation({
  name: 'Encrypt',
  input: {
    KeyId: required(KEY_ID),
    Plaintext: required({ type: 'blob', min: 1, max: 4096 }),
    EncryptionContext: optional(STRING_MAP),
    EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
    ...GRANTABLE,
  },
  conditions: (request) =>
    new Map([
      ...conditionKeys({
        'kms:EncryptionAlgorithm': request.EncryptionAlgorithm ?? SYMMETRIC_DEFAULT,
      }),
      ...encryptionContextEntries(request.EncryptionContext ?? new Map()),
    ]),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'ENCRYPT_DECRYPT',
  crossAccount: true,
  states: ['Enabled'],
  check({ request, key }) {
    checkSymmetricAlgorithm(request.EncryptionAlgorithm, key);
    checkEncryptionContext(request.EncryptionContext);
  },
  execute({ backend, request, key }) {
    try {
      return {
        members: {
          CiphertextBlob: encryptUnder(backend, key, request.Plaintext, request.EncryptionContext),
          KeyId: arnOf(key),
          EncryptionAlgorithm: SYMMETRIC_DEFAULT,
        },
      };
    } finally {
      request.Plaintext.fill(0);
    }
  },
});
