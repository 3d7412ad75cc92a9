import { Buffer } from 'node:buffer';
import { hash as digestOf } from 'node:crypto';

/*
 * EMSA-PSS of RFC 8017 section 9.1, over a digest that was made elsewhere: Node hashes whatever it
 * signs with PSS. MGF1 is over the same hash, and the salt as long as the digest, as in KMS.
 */

export type PssHash = 'sha256' | 'sha384' | 'sha512';

const TRAILER = 0xbc;
/** Stands before the salt. */
const SEPARATOR = 0x01;

/**
 * The encoded message, as long as the modulus.
 *
 * @param modulusLength - in bits, a multiple of 8.
 */
export function encodePss(options: {
  readonly hash: PssHash;
  readonly digest: Uint8Array;
  /** As long as the digest. */
  readonly salt: Uint8Array;
  readonly modulusLength: number;
}): Uint8Array {
  const { hash, digest, salt, modulusLength } = options;
  const saltedDigest = hashSalted(hash, digest, salt);
  const block = Buffer.alloc(modulusLength / 8 - digest.length - 1);
  block[block.length - salt.length - 1] = SEPARATOR;
  block.set(salt, block.length - salt.length);
  mask(block, hash, saltedDigest);
  return Buffer.concat([block, saltedDigest, Buffer.of(TRAILER)]);
}

/** RFC 8017 section 9.1.2. `encoded` is as long as the modulus. */
export function verifyPss(options: {
  readonly hash: PssHash;
  readonly digest: Uint8Array;
  readonly encoded: Uint8Array;
}): boolean {
  const { hash, digest, encoded } = options;
  const saltedDigest = encoded.subarray(-digest.length - 1, -1);
  const block = Buffer.from(encoded.subarray(0, -digest.length - 1));
  if (encoded.at(-1) !== TRAILER || (encoded[0] as number) >= 0x80) return false;
  mask(block, hash, saltedDigest);
  const padding = block.length - digest.length - 1;
  if (block.subarray(0, padding).some((byte) => byte !== 0) || block[padding] !== SEPARATOR) {
    return false;
  }
  return hashSalted(hash, digest, block.subarray(padding + 1)).equals(saltedDigest);
}

function hashSalted(hash: PssHash, digest: Uint8Array, salt: Uint8Array): Buffer {
  return digestOf(hash, Buffer.concat([Buffer.alloc(8), digest, salt]), 'buffer');
}

/** Masks a block, or takes the mask off, in place: MGF1, RFC 8017 appendix B.2.1. */
function mask(block: Uint8Array, hash: PssHash, seed: Uint8Array): void {
  const counter = Buffer.alloc(4);
  let stream: Uint8Array = new Uint8Array(0);
  for (let at = 0, used = 0; at < block.length; at++, used++) {
    if (used === stream.length) {
      stream = digestOf(hash, Buffer.concat([seed, counter]), 'buffer');
      counter.writeUInt32BE(counter.readUInt32BE() + 1);
      used = 0;
    }
    block[at] = (block[at] as number) ^ (stream[used] as number);
  }
  // The encoded message has one bit less than the modulus.
  block[0] = (block[0] as number) & 0x7f;
}
