import {
  type CborValue,
  encodeByteString,
  isCborMap,
  parseCbor,
  parseCborInPlace,
} from '../cbor/index.ts';
import { concatBytes, encodeHex } from '../encoding.ts';
import { type Finding, malformed, type Rule } from './check.ts';

/** Genuine documents have 4.4 to 5.2 KiB; the payload may have 16 KiB. */
export const MAX_DOCUMENT_BYTES = 32_768;
const MAX_PAYLOAD_BYTES = 16_384;

/** RFC 9052 section 4.2: the tag that may stand in front. The hardware writes none. */
const TAG_COSE_SIGN1 = 0xd2;

const HEADER_ALGORITHM = 1;
const ES384 = -35;
const SIGNATURE_BYTES = 96;

/** RFC 9052 section 4.4: an array of four whose first item is the text "Signature1". */
const SIG_STRUCTURE_START = Uint8Array.of(0x84, 0x6a, ...new TextEncoder().encode('Signature1'));
const NO_EXTERNAL_AAD = encodeByteString(new Uint8Array(0));

/** The four parts of a COSE_Sign1, as received. */
export interface CoseSign1 {
  readonly protectedHeader: Uint8Array;
  readonly payload: Uint8Array;
  /** `r || s`, 48 bytes each. */
  readonly signature: Uint8Array;
}

/** The array of four before its items have been judged. */
type Items = readonly [CborValue, CborValue, CborValue, CborValue];

export function checkSize(document: Uint8Array): Finding {
  // Callers are not all held by the type checker: of an ArrayBuffer, no length would be too long.
  const length = document instanceof Uint8Array ? document.length : undefined;
  const finding = {
    expected: `1 to ${MAX_DOCUMENT_BYTES} bytes`,
    actual: length === undefined ? 'no Uint8Array' : `${length} bytes`,
    message:
      length === undefined
        ? 'The document is not given as bytes, in a Uint8Array.'
        : `The document has ${length} bytes.`,
  };
  if (length === undefined || length < 1 || length > MAX_DOCUMENT_BYTES) {
    throw malformed('COSE_SIZE', finding);
  }
  return finding;
}

/** @throws {FormatError} CBOR_* or COSE_STRUCTURE */
export function parseItems(document: Uint8Array): { items: Items; finding: Finding } {
  const tagged = document[0] === TAG_COSE_SIGN1;
  const value = parseCbor(tagged ? document.subarray(1) : document, {
    maxBytes: MAX_DOCUMENT_BYTES,
    // The array, and the header map inside it.
    maxDepth: 2,
    outermostMap: 'definite',
  });
  const finding = {
    expected: 'a COSE_Sign1 array of 4 items in strict CBOR',
    actual: Array.isArray(value) ? `an array of ${value.length}` : 'no array',
    message: 'The envelope is a COSE_Sign1 structure.',
  };
  if (!Array.isArray(value) || value.length !== 4) {
    throw malformed('COSE_STRUCTURE', {
      ...finding,
      message: 'The envelope is not a COSE_Sign1 array of four items.',
    });
  }
  return { items: value as unknown as Items, finding };
}

export const envelopeRules: readonly Rule<Items>[] = [
  { id: 'envelope.algorithm', check: ([header]) => checkAlgorithm(header) },
  { id: 'envelope.unprotected', check: ([, unprotected]) => checkUnprotected(unprotected) },
  { id: 'envelope.payload', check: ([, , payload]) => checkPayload(payload) },
  { id: 'envelope.signature', check: ([, , , signature]) => checkSignatureForm(signature) },
];

/** Only for items that passed {@link envelopeRules}. */
export function coseSign1Of(items: Items): CoseSign1 {
  const [protectedHeader, , payload, signature] = items as [
    Uint8Array,
    unknown,
    Uint8Array,
    Uint8Array,
  ];
  return { protectedHeader, payload, signature };
}

/** Sig_structure of RFC 9052 section 4.4 over the bytes as received, never re-encoded. */
export function encodeSigStructure(
  sign1: Pick<CoseSign1, 'protectedHeader' | 'payload'>,
): Uint8Array {
  return concatBytes(
    SIG_STRUCTURE_START,
    encodeByteString(sign1.protectedHeader),
    NO_EXTERNAL_AAD,
    encodeByteString(sign1.payload),
  );
}

function checkAlgorithm(header: CborValue): Finding {
  const expected = 'protected header {1: -35} (ES384) and nothing else';
  const actual =
    header instanceof Uint8Array ? encodeHex(header.subarray(0, 64)) : 'no byte string';
  if (!(header instanceof Uint8Array) || !isEs384(header)) {
    throw malformed('COSE_ALGORITHM', {
      expected,
      actual,
      message: 'The protected header does not say ES384, the only algorithm of the Nitro hardware.',
    });
  }
  return { expected, actual, message: 'The protected header says ES384.' };
}

function isEs384(header: Uint8Array): boolean {
  const map = parseCborInPlace(header, { maxBytes: 64, maxDepth: 1, outermostMap: 'definite' });
  return isCborMap(map) && map.size === 1 && map.get(HEADER_ALGORITHM) === ES384;
}

function checkUnprotected(unprotected: CborValue): Finding {
  const finding = {
    expected: 'an empty map',
    actual: isCborMap(unprotected) ? `a map of ${unprotected.size}` : 'no map',
    message: 'The unprotected header is empty.',
  };
  if (!isCborMap(unprotected) || unprotected.size !== 0) {
    throw malformed('COSE_UNPROTECTED', {
      ...finding,
      message: 'The unprotected header is not an empty map.',
    });
  }
  return finding;
}

function checkPayload(payload: CborValue): Finding {
  const length = payload instanceof Uint8Array ? payload.length : undefined;
  const finding = {
    expected: `a byte string of 1 to ${MAX_PAYLOAD_BYTES} bytes`,
    actual: length === undefined ? 'no byte string' : `${length} bytes`,
    message: 'The payload is present.',
  };
  if (length === undefined || length < 1 || length > MAX_PAYLOAD_BYTES) {
    throw malformed('COSE_PAYLOAD', {
      ...finding,
      message: 'The payload is missing, empty or too long.',
    });
  }
  return finding;
}

function checkSignatureForm(signature: CborValue): Finding {
  const length = signature instanceof Uint8Array ? signature.length : undefined;
  const finding = {
    expected: `a byte string of ${SIGNATURE_BYTES} bytes`,
    actual: length === undefined ? 'no byte string' : `${length} bytes`,
    message: 'The signature has the length of ES384.',
  };
  if (length !== SIGNATURE_BYTES) {
    throw malformed('COSE_SIGNATURE_LENGTH', {
      ...finding,
      message: 'The signature does not have the length of ES384 (r and s of 48 bytes each).',
    });
  }
  return finding;
}
