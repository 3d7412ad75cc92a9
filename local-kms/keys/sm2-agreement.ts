import { Buffer } from 'node:buffer';
import { createECDH, ECDH, type KeyObject } from 'node:crypto';
import { rawEcPrivateKey } from './raw-key.ts';

/*
 * ECDH on the curve of SM2. OpenSSL takes a PKCS #8 key on that curve for one of the SM2 schemes,
 * which derives nothing, so that the numbers are given to it without their names.
 */

/** DER of an id-ecPublicKey, SM2 SubjectPublicKeyInfo up to the uncompressed point. */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d034200', 'hex');

/**
 * The point of the peer's public key.
 *
 * @returns undefined for every key that is refused: another form, or a point that is not on the
 *   curve.
 */
export function parseSm2PeerPoint(spki: Uint8Array): Uint8Array | undefined {
  const prefix = spki.subarray(0, SPKI_PREFIX.length);
  const point = spki.subarray(SPKI_PREFIX.length);
  if (!SPKI_PREFIX.equals(prefix) || point.length !== 65 || point[0] !== 0x04) return undefined;
  try {
    ECDH.convertKey(point, 'SM2');
    return point;
  } catch {
    return undefined;
  }
}

/** The x coordinate at its full length. The caller owns it. */
export function deriveSm2Secret(privateKey: KeyObject, peerPoint: Uint8Array): Uint8Array {
  const ecdh = createECDH('SM2');
  const raw = rawEcPrivateKey(privateKey);
  try {
    raw.reveal((d) => ecdh.setPrivateKey(d));
    return ecdh.computeSecret(peerPoint);
  } finally {
    raw.dispose();
  }
}
