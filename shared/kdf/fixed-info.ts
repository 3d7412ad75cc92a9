import { concatBytes, encodeUint32 } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import type { Secret } from '../secret.ts';

/** Room for two public keys, a key ARN and the identifiers of a session in one field. */
const MAX_FIELD_BYTES = 4096;

/** What a key is bound to: SP 800-56A revision 3 section 5.8.2. */
export interface FixedInfo {
  /** How the key will be used: the algorithm, and where one protocol makes several keys, which. */
  readonly algorithmId: Uint8Array;
  /** The party that initiates: its identifier at least, better its public key and nonce as well. */
  readonly partyU: Uint8Array;
  /** The party that responds, likewise. */
  readonly partyV: Uint8Array;
  /** What else both know, and anyone may. */
  readonly suppPubInfo?: Uint8Array;
  /** What else both know, and nobody else. */
  readonly suppPrivInfo?: Secret;
}

/**
 * Encodes FixedInfo in the concatenation format of SP 800-56A revision 3 section 5.8.2.1.
 *
 *     field         = BE32(number of bytes) || bytes
 *     AlgorithmID   = field(algorithmId)
 *     PartyUInfo    = field(partyU)
 *     PartyVInfo    = field(partyV)
 *     SuppPubInfo   = BE32(8 * lengthBytes) [ || field(suppPubInfo) ]
 *     SuppPrivInfo  = nothing or field(suppPrivInfo)
 *
 *     FixedInfo = AlgorithmID || PartyUInfo || PartyVInfo || SuppPubInfo || SuppPrivInfo
 *
 * An absent `suppPubInfo` stands as the field of length zero, BE32(0), where `suppPrivInfo` follows.
 * Since no field that is given may be empty, two different inputs never have the same encoding. The
 * length of the key is part of it, so that a shorter key is not the beginning of a longer one.
 * Without the two supplements it is the OtherInfo of JOSE's ECDH-ES (RFC 7518 section 4.6.2).
 *
 * With `suppPrivInfo` the encoding is secret: the caller wipes it.
 *
 * @throws {FormatError} KDF_FIXED_INFO for a field that is not 1 to 4096 bytes.
 */
export function encodeFixedInfo(info: FixedInfo, lengthBytes: number): Uint8Array {
  const { suppPubInfo, suppPrivInfo } = info;
  const known = concatBytes(
    ...encodeField('algorithmId', info.algorithmId),
    ...encodeField('partyU', info.partyU),
    ...encodeField('partyV', info.partyV),
    encodeUint32(8 * lengthBytes),
    ...(suppPubInfo === undefined ? [] : encodeField('suppPubInfo', suppPubInfo)),
  );
  if (suppPrivInfo === undefined) return known;
  return suppPrivInfo.reveal((bytes) =>
    concatBytes(
      known,
      ...(suppPubInfo === undefined ? [encodeUint32(0)] : []),
      ...encodeField('suppPrivInfo', bytes),
    ),
  );
}

function encodeField(name: keyof FixedInfo, bytes: Uint8Array): readonly Uint8Array[] {
  // A text would be copied as zeros, and so bind the key to nothing.
  if (!(bytes instanceof Uint8Array)) {
    throw new FormatError('KDF_FIXED_INFO', `${name}: expected bytes`);
  }
  if (bytes.length < 1 || bytes.length > MAX_FIELD_BYTES) {
    throw new FormatError(
      'KDF_FIXED_INFO',
      `${name}: expected 1 to ${MAX_FIELD_BYTES} bytes, got ${bytes.length}`,
    );
  }
  return [encodeUint32(bytes.length), bytes];
}
