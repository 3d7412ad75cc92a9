import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseBase64 } from '../../../shared/encoding.ts';
import type { KeyRecord } from '../../store/records.ts';

/** The DER SubjectPublicKeyInfo of an asymmetric key. */
export function publicKeyOf({ publicKey }: KeyRecord): Uint8Array {
  if (publicKey === undefined) throw new Error('the record of an asymmetric key has a public key');
  return parseBase64(publicKey);
}

/** @param spki - DER SubjectPublicKeyInfo of this server's making. */
export function importPublicKey(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}
