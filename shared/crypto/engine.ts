/** A P-384 public key that an engine has imported. Opaque: only the engine that made it reads it. */
export interface P384PublicKey {
  readonly curve: 'P-384';
}

/**
 * The primitives that the verifier needs, handed in so that the same rules run on OpenSSL (Node)
 * and on noble (a browser, a worker).
 */
export interface CryptoEngine {
  readonly name: 'node' | 'noble';

  sha256(data: Uint8Array): Uint8Array;
  sha384(data: Uint8Array): Uint8Array;

  /**
   * Imports a public key.
   *
   * @param point - SEC1 uncompressed point, 97 bytes (`04 || x || y`).
   * @throws {FormatError} CERT_KEY if the point is not on P-384.
   */
  importP384(point: Uint8Array): P384PublicKey;

  /**
   * ECDSA over P-384 with SHA-384.
   *
   * @param signature - `r || s`, 96 bytes. High s is accepted, as COSE and X.509 do.
   * @returns false for any signature that does not hold, malformed ones included.
   */
  verifyP384(key: P384PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean>;

  /** Compares without telling by its timing where the difference is. Lengths are public. */
  equal(a: Uint8Array, b: Uint8Array): boolean;
}
