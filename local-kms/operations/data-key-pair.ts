import { checkEncryption } from '../cryptography/encryption/encryption.ts';
import { SYMMETRIC_DEFAULT } from '../cryptography/encryption/encryption-algorithms.ts';
import { encryptUnder } from '../cryptography/encryption/symmetric-encryption.ts';
import { createKeyPair } from '../cryptography/key-pairs/key-pair.ts';
import { checkSpecInRegion } from '../keys/availability.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { KEY_SPECS, type KeySpec } from '../keys/specs.ts';
import { GRANTABLE, KEY_ID, STRING_MAP } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { encryptionConditions } from './encryption-conditions.ts';
import { type Answer, conditionKeys, type KeyCall, type KeyOperation } from './operation.ts';

/** Every `KeyPairSpec` of the API, in the order in which the service lists them. */
const KEY_PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
] as const satisfies readonly KeySpec[];

const input = {
  KeyId: required(KEY_ID),
  KeyPairSpec: required({ type: 'string', values: KEY_PAIR_SPECS }),
  EncryptionContext: optional(STRING_MAP),
  ...GRANTABLE,
} as const;

/** What GenerateDataKeyPair and GenerateDataKeyPairWithoutPlaintext have in common. */
export const DATA_KEY_PAIR_OPERATION = {
  input,
  conditions: (request) =>
    new Map([
      ...conditionKeys({ 'kms:DataKeyPairSpec': request.KeyPairSpec }),
      ...encryptionConditions(SYMMETRIC_DEFAULT, request.EncryptionContext),
    ]),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'ENCRYPT_DECRYPT',
  crossAccount: true,
  states: ['Enabled'],
  check({ backend, request, key }) {
    const { KeyPairSpec, EncryptionContext: encryptionContext } = request;
    checkEncryption({ key, algorithm: SYMMETRIC_DEFAULT, encryptionContext });
    checkSpecInRegion('KeyPairSpec', KeyPairSpec, backend.realm);
  },
} as const satisfies Partial<KeyOperation<typeof input>>;

/** Makes the key pair. The answer owns the private key. */
export async function createDataKeyPair({
  backend,
  request,
  key,
}: KeyCall<typeof input>): Promise<Required<Answer>> {
  const { KeyPairSpec, EncryptionContext } = request;
  const { publicKey, privateKey } = await createKeyPair(KEY_SPECS[KeyPairSpec].form);
  const { ciphertext, keyMaterialId } = privateKey.reveal((bytes) =>
    encryptUnder(backend, key, bytes, EncryptionContext),
  );
  return {
    members: {
      PrivateKeyCiphertextBlob: ciphertext,
      PublicKey: publicKey,
      KeyId: arnOf(key),
      KeyPairSpec,
      KeyMaterialId: keyMaterialId,
    },
    plaintext: privateKey,
  };
}
