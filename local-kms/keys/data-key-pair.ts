import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Secret } from '../../shared/secret.ts';

const generate = promisify(generateKeyPair);

/** Every `KeyPairSpec` of the API, in the order in which the service lists them. */
export const DATA_KEY_PAIR_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
] as const;

export type DataKeyPairSpec = (typeof DATA_KEY_PAIR_SPECS)[number];

/** All but SM2, which Node's OpenSSL does not generate. */
export type SupportedDataKeyPairSpec = Exclude<DataKeyPairSpec, 'SM2'>;

export interface DataKeyPair {
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** DER PKCS #8. */
  readonly privateKey: Secret;
}

/** Makes a key pair in the thread pool: RSA-4096 takes seconds. The caller disposes of the secret. */
export async function createDataKeyPair(spec: SupportedDataKeyPairSpec): Promise<DataKeyPair> {
  const { publicKey, privateKey } = await generateFor(spec);
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    privateKey: new Secret(privateKey.export({ format: 'der', type: 'pkcs8' })),
  };
}

function generateFor(
  spec: SupportedDataKeyPairSpec,
): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  switch (spec) {
    case 'RSA_2048':
      return generateRsa(2048);
    case 'RSA_3072':
      return generateRsa(3072);
    case 'RSA_4096':
      return generateRsa(4096);
    case 'ECC_NIST_P256':
      return generate('ec', { namedCurve: 'prime256v1' });
    case 'ECC_NIST_P384':
      return generate('ec', { namedCurve: 'secp384r1' });
    case 'ECC_NIST_P521':
      return generate('ec', { namedCurve: 'secp521r1' });
    case 'ECC_SECG_P256K1':
      return generate('ec', { namedCurve: 'secp256k1' });
    case 'ECC_NIST_EDWARDS25519':
      return generate('ed25519');
  }
}

function generateRsa(modulusLength: number) {
  return generate('rsa', { modulusLength, publicExponent: 0x10001 });
}
