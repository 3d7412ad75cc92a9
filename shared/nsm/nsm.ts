/** The driver refuses longer requests (EMSGSIZE). */
export const MAX_REQUEST_BYTES = 0x1000;

/** The device wants a response buffer of exactly this size. */
export const MAX_RESPONSE_BYTES = 0x3000;

/** The limit of each of `user_data`, `nonce` and `public_key`. */
export const MAX_ATTESTATION_FIELD_BYTES = 1024;

/** One GetRandom never returns more. */
export const MAX_RANDOM_BYTES = 256;

export const PCR_COUNT = 32;

/** SHA-384 registers: the only bank that the hardware is known to have. */
export const PCR_BYTES = 48;

/**
 * A Nitro secure module: the device, or the software that stands in for it.
 *
 * Bytes in, bytes out, so that both are driven by the same messages. An implementation answers one
 * request at a time, in the order in which they came.
 */
export interface Nsm {
  /**
   * Sends one CBOR request and resolves to the CBOR response.
   *
   * A refusal by the module is a response; only a failure to get one rejects.
   *
   * @throws {NsmError} NSM_CLOSED, and what a device adds: see enclave/nsm/device
   */
  request(message: Uint8Array): Promise<Uint8Array>;

  /** Lets the requests under way finish; later ones are refused with NSM_CLOSED. */
  close(): void;
}
