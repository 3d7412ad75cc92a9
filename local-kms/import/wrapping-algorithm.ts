import { unsupported } from '../errors.ts';
import { formOf, type KeySpec } from '../keys/specs.ts';
import { partitionOf, type Realm } from '../realm.ts';

/** As the service lists them; the first one it has refused since October 2023. */
export const WRAPPING_ALGORITHMS = [
  'RSAES_PKCS1_V1_5',
  'RSAES_OAEP_SHA_1',
  'RSAES_OAEP_SHA_256',
  'RSA_AES_KEY_WRAP_SHA_1',
  'RSA_AES_KEY_WRAP_SHA_256',
  'SM2PKE',
] as const;

export const WRAPPING_KEY_SPECS = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2'] as const;

export type WrappingAlgorithm = Exclude<(typeof WRAPPING_ALGORITHMS)[number], 'RSAES_PKCS1_V1_5'>;
export type WrappingKeySpec = (typeof WRAPPING_KEY_SPECS)[number];

export interface Wrapping {
  readonly algorithm: WrappingAlgorithm;
  readonly wrappingKeySpec: WrappingKeySpec;
}

/**
 * Checks that key material of a spec can be imported so, as the documentation of
 * GetParametersForImport has it. The texts are not recorded from the service.
 *
 * @throws {KmsServiceError} UnsupportedOperationException
 */
export function checkWrapping(options: {
  readonly algorithm: (typeof WRAPPING_ALGORITHMS)[number];
  readonly wrappingKeySpec: WrappingKeySpec;
  readonly keySpec: KeySpec;
  readonly realm: Realm;
}): Wrapping {
  const { algorithm, wrappingKeySpec, keySpec, realm } = options;
  if (algorithm === 'RSAES_PKCS1_V1_5') {
    throw unsupported(`WrappingAlgorithm ${algorithm} is not supported.`);
  }
  if (algorithm === 'SM2PKE' && partitionOf(realm.region) !== 'aws-cn') {
    throw unsupported('WrappingAlgorithm SM2PKE is not supported in this region.');
  }
  if ((algorithm === 'SM2PKE') !== (wrappingKeySpec === 'SM2')) {
    throw unsupported(
      `WrappingAlgorithm ${algorithm} is incompatible with WrappingKeySpec ${wrappingKeySpec}.`,
    );
  }
  if (!isFit(algorithm, wrappingKeySpec, keySpec)) {
    throw unsupported(
      `WrappingAlgorithm ${algorithm} with WrappingKeySpec ${wrappingKeySpec} cannot wrap key material of key spec ${keySpec}.`,
    );
  }
  return { algorithm, wrappingKeySpec };
}

/** RSA-OAEP alone is for what fits into one block, RSA with AES for private keys only. */
function isFit(
  algorithm: WrappingAlgorithm,
  wrappingKeySpec: WrappingKeySpec,
  keySpec: KeySpec,
): boolean {
  switch (algorithm) {
    case 'RSAES_OAEP_SHA_1':
    case 'RSAES_OAEP_SHA_256':
      if (keySpec === 'ECC_NIST_P521') return wrappingKeySpec !== 'RSA_2048';
      return formOf(keySpec).type !== 'rsa';
    case 'RSA_AES_KEY_WRAP_SHA_1':
    case 'RSA_AES_KEY_WRAP_SHA_256':
      return formOf(keySpec).type !== 'secret';
    case 'SM2PKE':
      return true;
  }
}
