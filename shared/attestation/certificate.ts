import {
  type Asn1Node,
  expectExplicit,
  expectSequence,
  isContext,
  isUniversal,
  parseDer,
  readBitString,
  readBoolean,
  readInteger,
  readIntegerBytes,
  readOctetString,
  readOid,
  readTime,
} from '../asn1/index.ts';
import { encodeHex, equalBytes } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import { checkName } from './distinguished-name.ts';

/** Trust anchors may be larger than the 1024 bytes that a payload admits. */
const MAX_CERTIFICATE_BYTES = 8192;

const OID = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
} as const;

/** RFC 5280 section 4.2.1.3, bits counted from the left. */
export const KEY_USAGE = { digitalSignature: 0, keyCertSign: 5 } as const;

/** The fields of an X.509 certificate that the path rules read. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The signed bytes, as received. */
  readonly tbs: Uint8Array;
  /** Lower-case hex, without a sign byte. */
  readonly serial: string;
  /** DER of the names: RFC 5280 section 7.1 is satisfied by identical bytes. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Milliseconds since the Unix epoch, both ends inside the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Algorithm and named curve of the key, dotted; the curve is undefined if it is no EC key. */
  readonly keyAlgorithm: string;
  readonly keyCurve: string | undefined;
  /** Contents of subjectPublicKey: for an EC key the SEC1 point. */
  readonly publicKey: Uint8Array;
  readonly signatureAlgorithm: string;
  /** Whether the AlgorithmIdentifier of the signature has parameters. */
  readonly signatureParameters: boolean;
  /** DER of the ECDSA-Sig-Value, if it is one. */
  readonly signature: Uint8Array;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: ReadonlySet<number> | undefined;
  readonly criticalExtensions: readonly string[];
}

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** A certificate is valid through the whole second that notAfter names. */
export function isValidAt(
  { notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>,
  time: number,
): boolean {
  return time >= notBefore && time < notAfter + 1000;
}

/**
 * Reads one X.509 v3 certificate in DER. Says nothing about whether it can be trusted.
 *
 * @throws {FormatError} CERT_SYNTAX
 */
export function parseCertificate(der: Uint8Array): Certificate {
  try {
    return readCertificate(parseDer(der, { maxBytes: MAX_CERTIFICATE_BYTES }), der);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError('CERT_SYNTAX', `not an X.509 certificate in DER: ${error.message}`, {
      details: { reason: error.code },
    });
  }
}

function readCertificate(root: Asn1Node, der: Uint8Array): Certificate {
  const [tbs, signatureAlgorithm, signature] = fields(root, 'Certificate', 3);
  const [version, serial, innerAlgorithm, issuer, validity, subject, spki, ...rest] =
    expectSequence(tbs, 'tbsCertificate');
  if (readInteger(expectExplicit(version, 0, 'version'), 'version') !== 2) {
    throw syntax('version is not 3');
  }
  const algorithm = readAlgorithm(signatureAlgorithm, 'signatureAlgorithm');
  // RFC 5280 section 4.1.1.2: both algorithm fields are the same.
  if (!sameEncoding(innerAlgorithm, signatureAlgorithm)) {
    throw syntax('the signature algorithm differs inside and outside of the signed part');
  }
  checkName(issuer, 'issuer');
  checkName(subject, 'subject');
  const [notBefore, notAfter] = fields(validity, 'validity', 2);
  const [keyAlgorithm, subjectPublicKey] = fields(spki, 'subjectPublicKeyInfo', 2);
  const key = readAlgorithm(keyAlgorithm, 'subjectPublicKeyInfo.algorithm');
  const extensions = readExtensions(rest);
  return {
    der,
    tbs: present(tbs, 'tbsCertificate').encoded,
    serial: encodeHex(readIntegerBytes(serial, 'serialNumber')),
    issuer: present(issuer, 'issuer').encoded,
    subject: present(subject, 'subject').encoded,
    notBefore: readTime(notBefore, 'notBefore'),
    notAfter: readTime(notAfter, 'notAfter'),
    keyAlgorithm: key.oid,
    keyCurve: isUniversal(key.parameters, 'OBJECT IDENTIFIER')
      ? readOid(key.parameters, 'namedCurve')
      : undefined,
    publicKey: wholeBytes(subjectPublicKey, 'subjectPublicKey'),
    signatureAlgorithm: algorithm.oid,
    signatureParameters: algorithm.parameters !== undefined,
    signature: wholeBytes(signature, 'signatureValue'),
    basicConstraints: readBasicConstraints(extensionValue(extensions, OID.basicConstraints)),
    keyUsage: readKeyUsage(extensionValue(extensions, OID.keyUsage)),
    criticalExtensions: extensions.filter(({ critical }) => critical).map(({ oid }) => oid),
  };
}

/** The last field. Unique identifiers ([1] and [2]) are refused: RFC 5280 section 4.1.2.8. */
function readExtensions(rest: readonly Asn1Node[]): readonly Extension[] {
  if (rest.length > 1) throw syntax('fields beside the extensions');
  const extensions: Extension[] = [];
  for (const node of rest.length === 0 ? [] : extensionList(rest[0])) {
    const extension = readExtension(node);
    if (extensions.some(({ oid }) => oid === extension.oid)) {
      throw syntax(`extension ${extension.oid} stands twice`);
    }
    extensions.push(extension);
  }
  return extensions;
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

function readExtension(node: Asn1Node): Extension {
  const members = expectSequence(node, 'extension');
  const oid = readOid(members[0], 'extnID');
  const critical = members.length === 3;
  // DER leaves out a default, so a criticality that is written is TRUE.
  if (critical && !readBoolean(members[1], 'critical')) {
    throw syntax(`extension ${oid} writes a default`);
  }
  if (!critical && members.length !== 2)
    throw syntax(`extension ${oid} has ${members.length} fields`);
  return { oid, critical, value: readOctetString(members.at(-1), 'extnValue') };
}

function extensionValue(extensions: readonly Extension[], oid: string): Uint8Array | undefined {
  return extensions.find((extension) => extension.oid === oid)?.value;
}

function extensionList(node: Asn1Node | undefined): readonly Asn1Node[] {
  const list = expectSequence(expectExplicit(node, 3, 'extensions'), 'extensions');
  if (list.length === 0) throw syntax('an empty list of extensions');
  return list;
}

function readBasicConstraints(value: Uint8Array | undefined): BasicConstraints | undefined {
  if (value === undefined) return undefined;
  const node = parseDer(value, { maxBytes: MAX_CERTIFICATE_BYTES });
  const members = [...expectSequence(node, 'basicConstraints')];
  const ca = isUniversal(members[0], 'BOOLEAN') && readBoolean(members.shift(), 'cA');
  const pathLength = members.length > 0 ? readInteger(members.shift(), 'pathLen') : undefined;
  if (members.length > 0) throw syntax('basicConstraints has more fields than two');
  return { ca, pathLength };
}

function readKeyUsage(value: Uint8Array | undefined): ReadonlySet<number> | undefined {
  if (value === undefined) return undefined;
  const { bytes } = readBitString(parseDer(value, { maxBytes: MAX_CERTIFICATE_BYTES }), 'keyUsage');
  const bits = new Set<number>();
  for (const [index, byte] of bytes.entries()) {
    for (let bit = 0; bit < 8; bit++) if (byte & (0x80 >> bit)) bits.add(index * 8 + bit);
  }
  return bits;
}

function readAlgorithm(
  node: Asn1Node | undefined,
  name: string,
): { oid: string; parameters: Asn1Node | undefined } {
  const members = expectSequence(node, name);
  if (members.length > 2) throw syntax(`${name} has ${members.length} fields`);
  return { oid: readOid(members[0], name), parameters: members[1] };
}

function wholeBytes(node: Asn1Node | undefined, name: string): Uint8Array {
  const { unusedBits, bytes } = readBitString(node, name);
  if (unusedBits !== 0) throw syntax(`${name} is not a whole number of bytes`);
  return bytes;
}

function fields(node: Asn1Node | undefined, name: string, count: number): readonly Asn1Node[] {
  const members = expectSequence(node, name);
  if (members.length !== count) throw syntax(`${name} has ${members.length} fields, not ${count}`);
  return members;
}

function present(node: Asn1Node | undefined, name: string): Asn1Node {
  if (node === undefined || isContext(node, 0)) throw syntax(`${name} is missing`);
  return node;
}

function sameEncoding(a: Asn1Node | undefined, b: Asn1Node | undefined): boolean {
  return a !== undefined && b !== undefined && equalBytes(a.encoded, b.encoded);
}

function syntax(message: string): FormatError {
  return new FormatError('CERT_SYNTAX', message);
}
