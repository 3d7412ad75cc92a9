import { Buffer } from 'node:buffer';
import { constants, type KeyObject, privateEncrypt, publicDecrypt } from 'node:crypto';
import {
  type EcdsaCurve,
  signEcdsaDigest,
  verifyEcdsaDigest,
} from '../../../shared/crypto/ecdsa-digest.ts';
import { importPublicKey } from '../key-pairs/public-key.ts';
import { rawEcPrivateKey, rawPublicKey } from '../key-pairs/raw-key.ts';
import { encodePss, type PssHash, verifyPss } from './pss.ts';
import type { Signer } from './signer.ts';

/*
 * Signers of digests: Node hashes whatever it signs, so that the last step alone is OpenSSL's here,
 * RSA without a hash, and ECDSA is not.
 */

/** DER of DigestInfo up to the digest: RFC 8017 section 9.2, note 1. */
const DIGEST_INFO = {
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const;

/** RSASSA-PKCS1-v1_5. */
export function createPkcs1DigestSigner(hash: keyof typeof DIGEST_INFO): Signer {
  const padding = constants.RSA_PKCS1_PADDING;
  return {
    sign: ({ privateKey, message }) =>
      privateEncrypt({ key: privateKey, padding }, Buffer.concat([DIGEST_INFO[hash], message])),
    verify({ publicKey, message, signature }) {
      // Compared whole, and not parsed: a lenient reader here is Bleichenbacher's forgery of 2006.
      const expected = Buffer.concat([DIGEST_INFO[hash], message]);
      return recover(importPublicKey(publicKey), padding, signature)?.equals(expected) ?? false;
    },
  };
}

/** RSASSA-PSS. */
export function createPssDigestSigner(hash: PssHash): Signer {
  const padding = constants.RSA_NO_PADDING;
  return {
    sign({ privateKey, message, randomBytes }) {
      const salt = randomBytes(message.length);
      const modulusLength = privateKey.asymmetricKeyDetails?.modulusLength as number;
      const encoded = encodePss({ hash, digest: message, salt, modulusLength });
      return privateEncrypt({ key: privateKey, padding }, encoded);
    },
    verify({ publicKey, message, signature }) {
      const encoded = recover(importPublicKey(publicKey), padding, signature);
      return encoded !== undefined && verifyPss({ hash, digest: message, encoded });
    },
  };
}

export const ecdsaDigestSigner: Signer = {
  sign({ privateKey, message }) {
    const raw = rawEcPrivateKey(privateKey);
    try {
      return raw.reveal((number) => signEcdsaDigest(curveOf(privateKey), message, number));
    } finally {
      raw.dispose();
    }
  },
  verify: ({ publicKey, message, signature }) =>
    verifyEcdsaDigest(
      curveOf(importPublicKey(publicKey)),
      message,
      signature,
      rawPublicKey(publicKey),
    ),
};

function curveOf(key: KeyObject): EcdsaCurve {
  return key.asymmetricKeyDetails?.namedCurve as EcdsaCurve;
}

/** What was signed; undefined if nothing of that padding was. */
function recover(key: KeyObject, padding: number, signature: Uint8Array): Buffer | undefined {
  try {
    return publicDecrypt({ key, padding }, signature);
  } catch {
    return undefined;
  }
}
