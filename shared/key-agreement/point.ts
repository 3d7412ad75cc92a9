import {
  type Asn1Node,
  expectSequence,
  expectUniversal,
  isUniversal,
  parseDer,
  readBitString,
  readOid,
} from '../asn1/index.ts';
import { FormatError } from '../errors.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from './curves.ts';

const ID_EC_PUBLIC_KEY = '1.2.840.10045.2.1';

/** Room for explicit parameters of any curve here, so that they are refused as what they are. */
const MAX_SPKI_BYTES = 1024;

/** SEC 1 section 2.3.3: the first byte of a point. */
const INFINITY = 0x00;
const COMPRESSED_EVEN = 0x02;
const COMPRESSED_ODD = 0x03;
const UNCOMPRESSED = 0x04;

/**
 * Reads the SEC 1 point of a DER SubjectPublicKeyInfo that names the curve of `spec`.
 *
 * Whether the point is on the curve is not looked at. The hybrid form (06, 07) is refused: RFC 5480
 * section 2.2 does not know it.
 *
 * @throws {FormatError} ASN1_*, AGREEMENT_KEY_ALGORITHM, AGREEMENT_KEY_PARAMETERS,
 * AGREEMENT_KEY_CURVE, AGREEMENT_KEY_INFINITY, AGREEMENT_KEY_POINT
 */
export function parsePoint(spki: Uint8Array, spec: AgreementSpec): Uint8Array {
  const [algorithm, subjectPublicKey, ...others] = expectSequence(
    parseDer(spki, { maxBytes: MAX_SPKI_BYTES }),
    'SubjectPublicKeyInfo',
  );
  if (others.length > 0) {
    throw new FormatError('ASN1_UNEXPECTED', 'SubjectPublicKeyInfo: expected 2 members, got more');
  }
  checkAlgorithm(algorithm, spec);
  const key = readBitString(
    expectUniversal(subjectPublicKey, 'BIT STRING', 'subjectPublicKey'),
    'subjectPublicKey',
  );
  if (key.unusedBits !== 0) {
    throw new FormatError('AGREEMENT_KEY_POINT', 'expected a point of whole bytes');
  }
  checkForm(key.bytes, spec);
  return key.bytes;
}

/** The compressed form of a point that {@link parsePoint} accepts: SEC 1 section 2.3.3. */
export function compressPoint(point: Uint8Array, spec: AgreementSpec): Uint8Array {
  if (point[0] !== UNCOMPRESSED) return point;
  const isOdd = (point.at(-1) as number) & 1;
  // Not slice(), which of a Buffer answers the same memory.
  const compressed = Uint8Array.from(point.subarray(0, 1 + AGREEMENT_CURVES[spec].coordinateBytes));
  compressed[0] = isOdd ? COMPRESSED_ODD : COMPRESSED_EVEN;
  return compressed;
}

/** RFC 5480 section 2.1.1 has the curve named, and its parameters neither spelled out nor left out. */
function checkAlgorithm(node: Asn1Node | undefined, spec: AgreementSpec): void {
  const [algorithm, namedCurve, ...others] = expectSequence(node, 'algorithm');
  const algorithmOid = readOid(algorithm, 'algorithm');
  if (algorithmOid !== ID_EC_PUBLIC_KEY) {
    throw new FormatError(
      'AGREEMENT_KEY_ALGORITHM',
      `expected an EC public key (${ID_EC_PUBLIC_KEY}), got ${algorithmOid}`,
    );
  }
  if (others.length > 0 || !isUniversal(namedCurve, 'OBJECT IDENTIFIER')) {
    throw new FormatError('AGREEMENT_KEY_PARAMETERS', 'expected the curve by its name alone');
  }
  const { oid } = AGREEMENT_CURVES[spec];
  const curveOid = readOid(namedCurve, 'namedCurve');
  if (curveOid !== oid) {
    throw new FormatError(
      'AGREEMENT_KEY_CURVE',
      `expected the curve of ${spec} (${oid}), got ${curveOid}`,
    );
  }
}

function checkForm(point: Uint8Array, spec: AgreementSpec): void {
  const { coordinateBytes } = AGREEMENT_CURVES[spec];
  const [form] = point;
  if (form === INFINITY && point.length === 1) {
    throw new FormatError('AGREEMENT_KEY_INFINITY', 'the point at infinity is not a public key');
  }
  const uncompressed = form === UNCOMPRESSED && point.length === 1 + 2 * coordinateBytes;
  const compressed =
    (form === COMPRESSED_EVEN || form === COMPRESSED_ODD) && point.length === 1 + coordinateBytes;
  if (!uncompressed && !compressed) {
    throw new FormatError(
      'AGREEMENT_KEY_POINT',
      `expected 04 and ${2 * coordinateBytes} bytes, or 02 or 03 and ${coordinateBytes} bytes, got ${point.length} bytes in all`,
    );
  }
}
