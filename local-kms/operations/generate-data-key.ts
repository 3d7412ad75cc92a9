import { encryptionContextEntries } from '../../shared/key-policy/index.ts';
import { Secret } from '../../shared/secret.ts';
import { validationError } from '../errors.ts';
import { checkEncryptionContext, encryptUnder } from '../keys/encryption.ts';
import { findKey } from '../keys/lookup.ts';
import { currentMaterial } from '../keys/material.ts';
import { arnOf } from '../keys/metadata.ts';
import { DATA_KEY_BYTES, GRANTABLE, KEY_ID, RECIPIENT, STRING_MAP } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import { SYMMETRIC_DEFAULT } from './encryption-algorithm.ts';
import { conditionKeys, keyOperation } from './operation.ts';

const KEY_BYTES = { AES_256: 32, AES_128: 16 } as const;

const input = {
  KeyId: required(KEY_ID),
  EncryptionContext: optional(STRING_MAP),
  NumberOfBytes: optional(DATA_KEY_BYTES),
  KeySpec: optional({ type: 'string', values: ['AES_256', 'AES_128'] }),
  ...GRANTABLE,
  ...RECIPIENT,
} as const;

export const generateDataKey = keyOperation({
  name: 'GenerateDataKey',
  input,
  conditions: (request) =>
    new Map([
      ...conditionKeys({ 'kms:EncryptionAlgorithm': SYMMETRIC_DEFAULT }),
      ...encryptionContextEntries(request.EncryptionContext ?? new Map()),
    ]),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'ENCRYPT_DECRYPT',
  crossAccount: true,
  states: ['Enabled'],
  check: ({ request }) => {
    lengthOf(request);
    checkEncryptionContext(request.EncryptionContext);
  },
  execute({ backend, request, key }) {
    const plaintext = new Secret(backend.randomBytes(lengthOf(request)));
    const ciphertext = plaintext.reveal((bytes) =>
      encryptUnder(backend, key, bytes, request.EncryptionContext),
    );
    return {
      members: {
        CiphertextBlob: ciphertext,
        KeyId: arnOf(key),
        KeyMaterialId: currentMaterial(key).id,
      },
      plaintext,
    };
  },
});

function lengthOf({ KeySpec, NumberOfBytes }: RequestOf<typeof input>): number {
  if (KeySpec !== undefined && NumberOfBytes === undefined) return KEY_BYTES[KeySpec];
  if (KeySpec === undefined && NumberOfBytes !== undefined) return NumberOfBytes;
  throw validationError('Please specify either number of bytes or key spec.');
}
