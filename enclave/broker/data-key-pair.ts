import { Buffer } from 'node:buffer';
import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { equalBytes } from '../../shared/encoding.ts';
import { KmsError } from '../../shared/errors.ts';
import { checkPkcs8, checkSpki, isKeyPair, type KeyPairForm } from '../../shared/key-pair/index.ts';
import type { Secret } from '../../shared/secret.ts';

const FORMS = {
  RSA_2048: { type: 'rsa', modulusLength: 2048 },
  RSA_3072: { type: 'rsa', modulusLength: 3072 },
  RSA_4096: { type: 'rsa', modulusLength: 4096 },
  ECC_NIST_P256: { type: 'ec', namedCurve: 'prime256v1' },
  ECC_NIST_P384: { type: 'ec', namedCurve: 'secp384r1' },
  ECC_NIST_P521: { type: 'ec', namedCurve: 'secp521r1' },
  ECC_SECG_P256K1: { type: 'ec', namedCurve: 'secp256k1' },
  SM2: { type: 'ec', namedCurve: 'SM2' },
  ECC_NIST_EDWARDS25519: { type: 'ed25519' },
} as const satisfies Record<string, KeyPairForm>;

/** The specs of GenerateDataKeyPair. */
export type DataKeyPairSpec = keyof typeof FORMS;

interface DataKeyPairMembers {
  readonly spec: DataKeyPairSpec;
  /** Of the private key. */
  readonly pkcs8: Secret;
  readonly publicKey: Uint8Array;
  readonly wrappedPrivateKey: Uint8Array;
}

/** A key pair of KMS's making, whose halves belong together. */
export class DataKeyPair {
  readonly spec: DataKeyPairSpec;
  /** The private key in DER. Disposed of with the pair. */
  readonly pkcs8: Secret;
  /**
   * The private key for node:crypto. Undefined where the runtime has no type for it (SM2) or not
   * the curve.
   */
  readonly privateKey: KeyObject | undefined;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The private key as only KMS opens it, with the same encryption context. Not secret. */
  readonly wrappedPrivateKey: Uint8Array;

  constructor(members: DataKeyPairMembers, privateKey: KeyObject | undefined) {
    this.spec = members.spec;
    this.pkcs8 = members.pkcs8;
    this.privateKey = privateKey;
    this.publicKey = members.publicKey;
    this.wrappedPrivateKey = members.wrappedPrivateKey;
  }

  /**
   * The private key as a JWK: strings, which nobody can wipe.
   *
   * @returns undefined where there is no `privateKey`.
   */
  exportJwk(): JsonWebKey | undefined {
    return this.privateKey?.export({ format: 'jwk' });
  }

  /** Overwrites the PKCS #8. OpenSSL wipes its copy when `privateKey` is collected. */
  dispose(): void {
    this.pkcs8.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Takes a key pair in, if both halves are of the spec and belong together.
 *
 * The public key is derived from the private one and must be, byte for byte, the one answered; and
 * what the private key signs, it must verify. Where the runtime has not the curve, only the forms
 * are checked, and there is no `privateKey`.
 *
 * @param curves - those of the runtime, as node:crypto's `getCurves` names them.
 * @throws {KmsError} KMS_KEY_PAIR
 */
export function parseDataKeyPair(
  members: DataKeyPairMembers,
  curves: readonly string[],
): DataKeyPair {
  const form: KeyPairForm = FORMS[members.spec];
  const { pkcs8, publicKey } = members;
  try {
    pkcs8.reveal((bytes) => checkPkcs8(bytes, form));
    checkSpki(publicKey, form);
    if (form.type === 'ec' && !curves.includes(form.namedCurve)) {
      return new DataKeyPair(members, undefined);
    }
    const privateKey = pkcs8.reveal(importPkcs8);
    const derived = createPublicKey(privateKey);
    const spki = derived.export({ format: 'der', type: 'spki' });
    if (equalBytes(spki, publicKey) && isKeyPair(form, privateKey, derived)) {
      // Node imports SM2, but knows no type for it: such a key signs under an empty identity.
      const isKnown = privateKey.asymmetricKeyType !== undefined;
      return new DataKeyPair(members, isKnown ? privateKey : undefined);
    }
  } catch {
    // What is wrong with a private key is nobody's business but its owner's.
  }
  throw new KmsError('KMS_KEY_PAIR', `expected the two halves of a key pair of ${members.spec}`, {
    details: { spec: members.spec },
  });
}

function importPkcs8(bytes: Uint8Array): KeyObject {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
