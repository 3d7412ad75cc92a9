import { Buffer } from 'node:buffer';
import { hash, timingSafeEqual } from 'node:crypto';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';

/*
 * SM2 signatures (GB/T 32918.2), encryption (GB/T 32918.4) and ECDH over the curve of GB/T 32918.5,
 * which Node does not let out of OpenSSL: `sign` knows no distinguishing id, `publicEncrypt` no SM2,
 * and with OpenSSL 3.5 `createECDH` holds every SM2 key pair for invalid.
 * JavaScript computes with secrets in a time that depends on them: for development and tests only.
 */

const Point = weierstrass({
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
});
const { Fn, Fp } = Point;
const { a, b, Gx, Gy } = Point.CURVE();

const NUMBER_BYTES = 32;
const POINT_BYTES = 1 + 2 * NUMBER_BYTES;
const DIGEST_BYTES = 32;

type RandomBytes = (length: number) => Uint8Array;

/** `r` and `s`, 32 bytes each. */
export interface Sm2Signature {
  readonly r: Uint8Array;
  readonly s: Uint8Array;
}

export interface Sm2Ciphertext {
  /** C1: an uncompressed point, 65 bytes. */
  readonly point: Uint8Array;
  /** C3: SM3, 32 bytes. */
  readonly digest: Uint8Array;
  /** C2: as long as the plaintext. */
  readonly masked: Uint8Array;
}

/**
 * What is signed of a message: SM3 of the signer's identity and of the message, GB/T 32918.2
 * sections 5.5 and 6.1.
 *
 * @param publicPoint - the signer's, uncompressed.
 * @param distinguishingId - at most 8191 bytes.
 */
export function computeSm2Digest(
  message: Uint8Array,
  publicPoint: Uint8Array,
  distinguishingId: Uint8Array,
): Uint8Array {
  const idBits = Buffer.alloc(2);
  idBits.writeUInt16BE(distinguishingId.length * 8);
  const curve = [a, b, Gx, Gy].map((number) => Fp.toBytes(number));
  const identity = sm3(idBits, distinguishingId, ...curve, publicPoint.subarray(1));
  return sm3(identity, message);
}

/** Signs a digest from {@link computeSm2Digest}. GB/T 32918.2 section 6.1. */
export function signSm2Digest(
  digest: Uint8Array,
  privateKey: Uint8Array,
  randomBytes: RandomBytes,
): Sm2Signature {
  const e = numberOf(digest);
  const d = numberOf(privateKey);
  for (;;) {
    const k = randomScalar(randomBytes);
    const r = Fn.create(e + Point.BASE.multiply(k).toAffine().x);
    if (r === 0n || Fn.create(r + k) === 0n) continue;
    const s = Fn.mul(Fn.inv(Fn.create(1n + d)), Fn.create(k - r * d));
    if (s !== 0n) return { r: Fn.toBytes(r), s: Fn.toBytes(s) };
  }
}

/**
 * GB/T 32918.2 section 7.1.
 *
 * @throws {Error} if the public key is not an uncompressed point on the curve.
 */
export function verifySm2Digest(
  digest: Uint8Array,
  signature: Sm2Signature,
  publicPoint: Uint8Array,
): boolean {
  const publicKey = Point.fromBytes(publicPoint);
  const r = numberOf(signature.r);
  const s = numberOf(signature.s);
  if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false;
  const t = Fn.create(r + s);
  if (t === 0n) return false;
  const sum = Point.BASE.mulAddUnsafe(s, publicKey, t);
  return !sum.is0() && Fn.create(numberOf(digest) + sum.toAffine().x) === r;
}

/**
 * Encrypts at least one byte. GB/T 32918.4 section 6.1.
 *
 * @throws {Error} if the public key is not an uncompressed point on the curve.
 */
export function encryptSm2(
  plaintext: Uint8Array,
  publicPoint: Uint8Array,
  randomBytes: RandomBytes,
): Sm2Ciphertext {
  const publicKey = Point.fromBytes(publicPoint);
  for (;;) {
    const k = randomScalar(randomBytes);
    const shared = publicKey.multiply(k).toBytes(false).subarray(1);
    const mask = deriveMask(shared, plaintext.length);
    if (mask.every((byte) => byte === 0)) continue;
    return {
      point: Point.BASE.multiply(k).toBytes(false),
      digest: digestOf(shared, plaintext),
      masked: xor(plaintext, mask),
    };
  }
}

/**
 * GB/T 32918.4 section 7.1.
 *
 * @returns undefined for every ciphertext that is not one for this key; else the caller owns the
 *   plaintext.
 */
export function decryptSm2(
  ciphertext: Sm2Ciphertext,
  privateKey: Uint8Array,
): Uint8Array | undefined {
  const point = parsePoint(ciphertext.point);
  if (point === undefined || ciphertext.digest.length !== DIGEST_BYTES) return undefined;
  const shared = point.multiply(numberOf(privateKey)).toBytes(false).subarray(1);
  const mask = deriveMask(shared, ciphertext.masked.length);
  const plaintext = xor(ciphertext.masked, mask);
  // An all-zero mask fails here too: the digest is over the plaintext, and no honest sender has it.
  const holds = timingSafeEqual(digestOf(shared, plaintext), ciphertext.digest);
  shared.fill(0);
  mask.fill(0);
  if (holds) return plaintext;
  plaintext.fill(0);
  return undefined;
}

/**
 * Whether the bytes are an uncompressed point on the curve, which with cofactor 1 is the full
 * validation of SP 800-56A section 5.6.2.3.3.
 */
export function isSm2Point(bytes: Uint8Array): boolean {
  return bytes.length === POINT_BYTES && parsePoint(bytes) !== undefined;
}

/**
 * ECDH: the x coordinate at its full length. The caller owns it.
 *
 * @throws {Error} if the public key is not a point on the curve.
 */
export function deriveSm2Secret(privateKey: Uint8Array, publicPoint: Uint8Array): Uint8Array {
  const shared = Point.fromBytes(publicPoint).multiply(numberOf(privateKey));
  return Fp.toBytes(shared.toAffine().x);
}

function parsePoint(bytes: Uint8Array) {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** The key derivation function of GB/T 32918.4 section 5.4.3. */
function deriveMask(shared: Uint8Array, length: number): Uint8Array {
  const mask = Buffer.alloc(Math.ceil(length / DIGEST_BYTES) * DIGEST_BYTES);
  const counter = Buffer.alloc(4);
  for (let at = 0, i = 1; at < length; at += DIGEST_BYTES, i++) {
    counter.writeUInt32BE(i);
    mask.set(sm3(shared, counter), at);
  }
  return mask.subarray(0, length);
}

/** C3: SM3 of x2, the plaintext and y2. */
function digestOf(shared: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return sm3(shared.subarray(0, NUMBER_BYTES), plaintext, shared.subarray(NUMBER_BYTES));
}

function xor(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => byte ^ (mask[i] as number));
}

function sm3(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sm3', Buffer.concat(parts), 'buffer');
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

/** Uniform in 1 to n - 1: what is out of range, one in 2^32, is drawn again. */
function randomScalar(randomBytes: RandomBytes): bigint {
  for (;;) {
    const scalar = numberOf(randomBytes(NUMBER_BYTES));
    if (Fn.isValidNot0(scalar)) return scalar;
  }
}
