import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Backend } from '../backend.ts';
import { openCurrent } from '../keys/material.ts';
import type { KeyRecord } from '../store/records.ts';

const HASHES = {
  HMAC_SHA_384: 'sha384',
  HMAC_SHA_256: 'sha256',
  HMAC_SHA_224: 'sha224',
  HMAC_SHA_512: 'sha512',
} as const;

export type MacAlgorithm = keyof typeof HASHES;

/** Every MAC algorithm of the API, in the order in which the service lists them. */
export const MAC_ALGORITHMS = Object.keys(HASHES) as readonly MacAlgorithm[];

/** HMAC, RFC 2104, by an algorithm that is the key's. */
export function computeMac(
  backend: Backend,
  key: KeyRecord,
  algorithm: MacAlgorithm,
  message: Uint8Array,
): Uint8Array {
  return createHmac(HASHES[algorithm], openCurrent(backend, key)).update(message).digest();
}

/** Compares without telling by its timing where the difference is. Lengths are public. */
export function equalMacs(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
