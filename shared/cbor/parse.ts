// The build without eval: the same code then runs in a page under a strict content security policy.
import { Decoder } from 'cbor-x/index-no-eval';
import { type CborLimits, checkCbor } from './check.ts';
import type { CborValue } from './value.ts';

// Named apart, because cbor-x's type declarations do not know int64AsNumber.
const options = { mapsAsObjects: false, useRecords: false, int64AsNumber: true, copyBuffers: true };
const decoder = new Decoder(options);

/**
 * Reads exactly one data item.
 *
 * Guarantees what {@link checkCbor} checks; maps are Maps, byte strings are copies that outlive the
 * input. cbor-x alone would accept duplicate keys, tags, indefinite and non-shortest lengths.
 *
 * @throws {FormatError} CBOR_*
 */
export function parseCbor(bytes: Uint8Array, limits: CborLimits): CborValue {
  checkCbor(bytes, limits);
  // A view of our own: cbor-x leaves a property on the array it is given, and makes Buffers of a Buffer.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return decoder.decode(view) as CborValue;
}
