import { describe, expect, it } from 'vitest';
import {
  checkWrapping,
  type WRAPPING_ALGORITHMS,
  type WrappingKeySpec,
} from '../../../local-kms/import/wrapping-algorithm.ts';
import type { KeySpec } from '../../../local-kms/keys/specs.ts';

describe('checkWrapping', () => {
  it.each<[(typeof WRAPPING_ALGORITHMS)[number], WrappingKeySpec, KeySpec, string, boolean]>([
    ['RSAES_OAEP_SHA_1', 'RSA_2048', 'SYMMETRIC_DEFAULT', 'us-east-1', true],
    ['RSAES_OAEP_SHA_256', 'RSA_2048', 'SYMMETRIC_DEFAULT', 'us-east-1', true],
    ['RSA_AES_KEY_WRAP_SHA_256', 'RSA_2048', 'SYMMETRIC_DEFAULT', 'us-east-1', false],
    ['RSAES_PKCS1_V1_5', 'RSA_2048', 'SYMMETRIC_DEFAULT', 'us-east-1', false],
    ['SM2PKE', 'SM2', 'SYMMETRIC_DEFAULT', 'us-east-1', false],
    ['SM2PKE', 'SM2', 'SYMMETRIC_DEFAULT', 'cn-north-1', true],
    ['SM2PKE', 'RSA_2048', 'SYMMETRIC_DEFAULT', 'cn-north-1', false],
    ['RSAES_OAEP_SHA_256', 'SM2', 'SYMMETRIC_DEFAULT', 'cn-north-1', false],
    ['RSAES_OAEP_SHA_256', 'RSA_2048', 'HMAC_512', 'us-east-1', true],
    ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_2048', 'HMAC_512', 'us-east-1', false],
    ['RSAES_OAEP_SHA_256', 'RSA_4096', 'RSA_2048', 'us-east-1', false],
    ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_2048', 'RSA_2048', 'us-east-1', true],
    ['RSA_AES_KEY_WRAP_SHA_256', 'RSA_2048', 'RSA_4096', 'us-east-1', true],
    ['RSAES_OAEP_SHA_256', 'RSA_2048', 'ECC_NIST_P384', 'us-east-1', true],
    ['RSA_AES_KEY_WRAP_SHA_256', 'RSA_2048', 'ECC_NIST_P384', 'us-east-1', true],
    ['RSAES_OAEP_SHA_1', 'RSA_2048', 'ECC_NIST_P521', 'us-east-1', false],
    ['RSAES_OAEP_SHA_256', 'RSA_3072', 'ECC_NIST_P521', 'us-east-1', true],
    ['RSA_AES_KEY_WRAP_SHA_256', 'RSA_2048', 'SM2', 'cn-north-1', true],
  ])('%s with %s, for %s in %s: %s', (algorithm, wrappingKeySpec, keySpec, region, isFit) => {
    const realm = { region, account: '111122223333' };
    const check = () => checkWrapping({ algorithm, wrappingKeySpec, keySpec, realm });
    if (isFit) expect(check()).toEqual({ algorithm, wrappingKeySpec });
    else expect(check).toThrow(expect.objectContaining({ type: 'UnsupportedOperationException' }));
  });
});
