import {
  checkDecryption,
  type Decrypted,
  decryptWith,
  findDecryptionKey,
} from '../cryptography/encryption/decryption.ts';
import type { Encryption } from '../cryptography/encryption/encryption.ts';
import { SYMMETRIC_DEFAULT } from '../cryptography/encryption/encryption-algorithms.ts';
import { arnOf } from '../keys/metadata.ts';
import {
  ENCRYPTION_ALGORITHM,
  GRANTABLE,
  KEY_ID,
  RECIPIENT,
  STRING_MAP,
} from '../schema/members.ts';
import { optional } from '../schema/shape.ts';
import { CIPHERTEXT, checkedCiphertextOf, ciphertextOf } from './ciphertext.ts';
import { encryptionConditions } from './encryption-conditions.ts';
import { type KeyCall, keyOperation } from './operation.ts';

const input = {
  ...CIPHERTEXT,
  EncryptionContext: optional(STRING_MAP),
  KeyId: optional(KEY_ID),
  EncryptionAlgorithm: optional(ENCRYPTION_ALGORITHM),
  ...GRANTABLE,
  ...RECIPIENT,
} as const;

export const decrypt = keyOperation({
  name: 'Decrypt',
  input,
  conditions: ({ EncryptionAlgorithm = SYMMETRIC_DEFAULT, EncryptionContext }) =>
    encryptionConditions(EncryptionAlgorithm, EncryptionContext),
  findKey(request, backend) {
    const { KeyId, EncryptionAlgorithm = SYMMETRIC_DEFAULT } = request;
    return findDecryptionKey(backend, KeyId, EncryptionAlgorithm, checkedCiphertextOf(request));
  },
  crossAccount: true,
  states: ['Enabled'],
  check(call) {
    const ciphertext = checkedCiphertextOf(call.request);
    checkDecryption('Decrypt', encryptionOf(call), ciphertext);
    if (call.request.DryRun === true && ciphertext !== undefined) open(call).plaintext.dispose();
  },
  execute(call) {
    const { plaintext, keyMaterialId } = open(call);
    return {
      members: {
        KeyId: arnOf(call.key),
        EncryptionAlgorithm: encryptionOf(call).algorithm,
        KeyMaterialId: keyMaterialId,
      },
      plaintext,
    };
  },
});

function open(call: KeyCall<typeof input>): Decrypted {
  return decryptWith(call.backend, encryptionOf(call), ciphertextOf(call.request));
}

function encryptionOf({ request, key }: KeyCall<typeof input>): Encryption {
  const { EncryptionAlgorithm: algorithm = SYMMETRIC_DEFAULT, EncryptionContext } = request;
  return { key, algorithm, encryptionContext: EncryptionContext };
}
