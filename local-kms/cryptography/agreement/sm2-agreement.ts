import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { deriveSm2Secret, isSm2Point } from '../../../shared/crypto/sm2.ts';
import { Secret } from '../../../shared/secret.ts';
import { rawEcPrivateKey } from '../key-pairs/raw-key.ts';

/** DER of an id-ecPublicKey, SM2 SubjectPublicKeyInfo up to the uncompressed point. */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d034200', 'hex');

/**
 * The point of the peer's public key.
 *
 * @returns undefined for every key that is refused: another form, or a point that is not on the
 *   curve.
 */
export function parseSm2PeerPoint(spki: Uint8Array): Uint8Array | undefined {
  const point = spki.subarray(SPKI_PREFIX.length);
  const named = SPKI_PREFIX.equals(spki.subarray(0, SPKI_PREFIX.length));
  return named && isSm2Point(point) ? point : undefined;
}

/** ECDH with a point from {@link parseSm2PeerPoint}. The caller disposes of the secret. */
export function agreeOnSm2(privateKey: KeyObject, peerPoint: Uint8Array): Secret {
  const raw = rawEcPrivateKey(privateKey);
  try {
    return new Secret(raw.reveal((d) => deriveSm2Secret(d, peerPoint)));
  } finally {
    raw.dispose();
  }
}
