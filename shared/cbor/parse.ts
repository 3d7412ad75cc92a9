// The build without eval: the same code then runs in a page under a strict content security policy.
import { Decoder } from 'cbor-x/index-no-eval';
import { type CborLimits, checkCbor } from './check.ts';
import type { CborValue } from './value.ts';

// Named apart, because cbor-x's type declarations do not know int64AsNumber.
const options = { mapsAsObjects: false, useRecords: false, int64AsNumber: true };
const decoder = new Decoder(options);

/**
 * Reads exactly one data item.
 *
 * Guarantees what {@link checkCbor} checks; maps are Maps, byte strings are parts of one copy of
 * the input and outlive it. cbor-x alone would accept duplicate keys, tags, indefinite and non-shortest lengths.
 *
 * @throws {FormatError} CBOR_*
 */
export function parseCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  checkCbor(bytes, limits);
  // One copy, where cbor-x would make one of each byte string at 15 times the cost. It also leaves
  // a property on the array it is given, and makes Buffers of a Buffer.
  return decoder.decode(new Uint8Array(bytes)) as CborValue;
}
