import { FormatError } from '../errors.ts';

const HASHES = {
  'SHA-256': { opensslName: 'sha256', hashBytes: 32, blockBytes: 64 },
  'SHA-384': { opensslName: 'sha384', hashBytes: 48, blockBytes: 128 },
  'SHA-512': { opensslName: 'sha512', hashBytes: 64, blockBytes: 128 },
} as const;

/** The hashes of every derivation here, bare or in HMAC. */
export type KdfHash = keyof typeof HASHES;

/** Lengths of FIPS 180-4, and the name that node:crypto takes. */
export type HashFacts = (typeof HASHES)[KdfHash];

/** @throws {FormatError} KDF_ALGORITHM for a name that a caller without types brings. */
export function hashFacts(hash: KdfHash): HashFacts {
  if (!Object.hasOwn(HASHES, hash)) {
    throw new FormatError('KDF_ALGORITHM', `expected ${Object.keys(HASHES).join(', ')}`);
  }
  return HASHES[hash];
}
