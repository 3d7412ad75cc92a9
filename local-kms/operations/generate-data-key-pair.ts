import { encryptionContextEntries } from '../../shared/key-policy/index.ts';
import { unsupported } from '../errors.ts';
import { createDataKeyPair, DATA_KEY_PAIR_SPECS } from '../keys/data-key-pair.ts';
import { checkEncryptionContext, encryptUnder } from '../keys/encryption.ts';
import { findKey } from '../keys/lookup.ts';
import { currentMaterial } from '../keys/material.ts';
import { arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID, RECIPIENT, STRING_MAP } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { SYMMETRIC_DEFAULT } from './encryption-algorithm.ts';
import { conditionKeys, keyOperation } from './operation.ts';

const SM2_REFUSAL = 'KeyPairSpec SM2 is not supported in this region.';

export const generateDataKeyPair = keyOperation({
  name: 'GenerateDataKeyPair',
  input: {
    KeyId: required(KEY_ID),
    KeyPairSpec: required({ type: 'string', values: DATA_KEY_PAIR_SPECS }),
    EncryptionContext: optional(STRING_MAP),
    ...GRANTABLE,
    ...RECIPIENT,
  },
  conditions: (request) =>
    new Map([
      ...conditionKeys({
        'kms:DataKeyPairSpec': request.KeyPairSpec,
        'kms:EncryptionAlgorithm': SYMMETRIC_DEFAULT,
      }),
      ...encryptionContextEntries(request.EncryptionContext ?? new Map()),
    ]),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'ENCRYPT_DECRYPT',
  crossAccount: true,
  states: ['Enabled'],
  check({ request }) {
    if (request.KeyPairSpec === 'SM2') throw unsupported(SM2_REFUSAL);
    checkEncryptionContext(request.EncryptionContext);
  },
  async execute({ backend, request, key }) {
    if (request.KeyPairSpec === 'SM2') throw unsupported(SM2_REFUSAL);
    const { publicKey, privateKey } = await createDataKeyPair(request.KeyPairSpec);
    const ciphertext = privateKey.reveal((bytes) =>
      encryptUnder(backend, key, bytes, request.EncryptionContext),
    );
    return {
      members: {
        PrivateKeyCiphertextBlob: ciphertext,
        PublicKey: publicKey,
        KeyId: arnOf(key),
        KeyPairSpec: request.KeyPairSpec,
        KeyMaterialId: currentMaterial(key).id,
      },
      plaintext: privateKey,
    };
  },
});
