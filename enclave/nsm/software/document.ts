import { type KeyObject, sign } from 'node:crypto';
import { encodeCbor, encodeIndefiniteMap } from '../../../shared/cbor/index.ts';
import type { AttestationFields } from '../../../shared/nsm/index.ts';

export interface DocumentPayload extends AttestationFields {
  readonly moduleId: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  /** In the order in which they are written: ascending on the hardware. */
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  /** The leaf, in DER. */
  readonly certificate: Uint8Array;
  /** Its issuers in DER, root first. */
  readonly cabundle: readonly Uint8Array[];
}

/** The map {1: -35}: ES384 (RFC 9053 section 2.1). */
const PROTECTED_HEADER = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);

const NO_EXTERNAL_AAD = new Uint8Array(0);

/**
 * Writes the payload as the hardware does since August 2025: nine keys in the order of AWS's
 * struct, absent values as null, an 8-byte timestamp, the outermost map of indefinite length.
 */
export function encodePayload(payload: DocumentPayload): Uint8Array {
  return encodeIndefiniteMap([
    ['module_id', payload.moduleId],
    ['digest', 'SHA384'],
    ['timestamp', BigInt(payload.timestamp)],
    ['pcrs', payload.pcrs],
    ['certificate', payload.certificate],
    ['cabundle', payload.cabundle],
    ['public_key', payload.publicKey],
    ['user_data', payload.userData],
    ['nonce', payload.nonce],
  ]);
}

/**
 * Signs a payload into an untagged COSE_Sign1 with ES384.
 *
 * @param options.privateKey - the P-384 key of the leaf that the payload names
 */
export function signDocument(options: {
  readonly payload: Uint8Array;
  readonly privateKey: KeyObject;
}): Uint8Array {
  const { payload, privateKey } = options;
  // Sig_structure of RFC 9052 section 4.4.
  const signed = encodeCbor(['Signature1', PROTECTED_HEADER, NO_EXTERNAL_AAD, payload]);
  const signature = sign('sha384', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return encodeCbor([PROTECTED_HEADER, new Map(), payload, new Uint8Array(signature)]);
}
