import { AGREEMENT_CURVES, type AgreementSpec } from '../../shared/key-agreement/index.ts';
import type { KeyPairForm } from '../../shared/key-pair/index.ts';

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT';

export const KEY_USAGES = [
  'SIGN_VERIFY',
  'ENCRYPT_DECRYPT',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
] as const satisfies readonly KeyUsage[];

/** Random bytes, or a key pair. */
export type KeyForm = { readonly type: 'secret'; readonly bytes: number } | KeyPairForm;

interface SpecEntry {
  readonly form: KeyForm;
  /** The usages that the spec allows, and the algorithms of each, in the service's order. */
  readonly algorithms: Readonly<Partial<Record<KeyUsage, readonly string[]>>>;
}

const RSA_ALGORITHMS = {
  ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  SIGN_VERIFY: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
} as const;

const ML_DSA_ALGORITHMS = { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] } as const;

/** Every key spec of the API, in the order in which the service lists them. */
export const KEY_SPECS = {
  RSA_2048: { form: { type: 'rsa', modulusLength: 2048 }, algorithms: RSA_ALGORITHMS },
  RSA_3072: { form: { type: 'rsa', modulusLength: 3072 }, algorithms: RSA_ALGORITHMS },
  RSA_4096: { form: { type: 'rsa', modulusLength: 4096 }, algorithms: RSA_ALGORITHMS },
  ECC_NIST_P256: {
    form: { type: 'ec', namedCurve: 'prime256v1' },
    algorithms: { SIGN_VERIFY: ['ECDSA_SHA_256'], KEY_AGREEMENT: ['ECDH'] },
  },
  ECC_NIST_P384: {
    form: { type: 'ec', namedCurve: 'secp384r1' },
    algorithms: { SIGN_VERIFY: ['ECDSA_SHA_384'], KEY_AGREEMENT: ['ECDH'] },
  },
  ECC_NIST_P521: {
    form: { type: 'ec', namedCurve: 'secp521r1' },
    algorithms: { SIGN_VERIFY: ['ECDSA_SHA_512'], KEY_AGREEMENT: ['ECDH'] },
  },
  ECC_SECG_P256K1: {
    form: { type: 'ec', namedCurve: 'secp256k1' },
    algorithms: { SIGN_VERIFY: ['ECDSA_SHA_256'] },
  },
  SYMMETRIC_DEFAULT: {
    form: { type: 'secret', bytes: 32 },
    algorithms: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
  },
  HMAC_224: {
    form: { type: 'secret', bytes: 28 },
    algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_224'] },
  },
  HMAC_256: {
    form: { type: 'secret', bytes: 32 },
    algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_256'] },
  },
  HMAC_384: {
    form: { type: 'secret', bytes: 48 },
    algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_384'] },
  },
  HMAC_512: {
    form: { type: 'secret', bytes: 64 },
    algorithms: { GENERATE_VERIFY_MAC: ['HMAC_SHA_512'] },
  },
  SM2: {
    form: { type: 'ec', namedCurve: 'SM2' },
    algorithms: {
      ENCRYPT_DECRYPT: ['SM2PKE'],
      SIGN_VERIFY: ['SM2DSA'],
      KEY_AGREEMENT: ['ECDH'],
    },
  },
  ML_DSA_44: { form: { type: 'ml-dsa-44' }, algorithms: ML_DSA_ALGORITHMS },
  ML_DSA_65: { form: { type: 'ml-dsa-65' }, algorithms: ML_DSA_ALGORITHMS },
  ML_DSA_87: { form: { type: 'ml-dsa-87' }, algorithms: ML_DSA_ALGORITHMS },
  ECC_NIST_EDWARDS25519: {
    form: { type: 'ed25519' },
    algorithms: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  },
} as const satisfies Record<string, SpecEntry>;

export type KeySpec = keyof typeof KEY_SPECS;

export const KEY_SPEC_NAMES = Object.keys(KEY_SPECS) as readonly KeySpec[];

export function formOf(spec: KeySpec): KeyForm {
  return KEY_SPECS[spec].form;
}

/**
 * The algorithms of a key of that spec and usage.
 *
 * @returns none if the spec does not allow the usage.
 */
export function algorithmsFor(spec: KeySpec, usage: KeyUsage): readonly string[] {
  const { algorithms }: SpecEntry = KEY_SPECS[spec];
  return algorithms[usage] ?? [];
}

export function isUsageOf(spec: KeySpec, usage: KeyUsage): boolean {
  return algorithmsFor(spec, usage).length > 0;
}

/** Whether it is the spec of a key for ECDH. */
export function isAgreementSpec(spec: KeySpec): spec is AgreementSpec {
  return Object.hasOwn(AGREEMENT_CURVES, spec);
}
