import { DerReader, universalTag } from '../asn1/index.ts';
import { equalBytes } from '../encoding.ts';
import { FormatError } from '../errors.ts';
import { checkName } from './distinguished-name.ts';

/** Trust anchors may be larger than the 1024 bytes that a payload admits. */
const MAX_CERTIFICATE_BYTES = 8192;

const OID = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
} as const;

/** RFC 5280 section 4.2.1.3: the first bit of the string is the lowest here. */
export const KEY_USAGE = { digitalSignature: 1 << 0, keyCertSign: 1 << 5 } as const;
const KEY_USAGE_BITS = 9;

/** The fields of an X.509 certificate that the path rules read. */
export interface Certificate {
  readonly der: Uint8Array;
  /** The signed bytes, as received. */
  readonly tbs: Uint8Array;
  /** Big-endian, without a sign byte. */
  readonly serial: Uint8Array;
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
  /** Those of {@link KEY_USAGE} and their neighbours, added up. */
  readonly keyUsage: number | undefined;
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
    const reader = new DerReader(der, { maxBytes: MAX_CERTIFICATE_BYTES });
    const certificate = readCertificate(reader, der);
    reader.finish('Certificate');
    return certificate;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError('CERT_SYNTAX', `not an X.509 certificate in DER: ${error.message}`, {
      details: { reason: error.code },
    });
  }
}

function readCertificate(reader: DerReader, der: Uint8Array): Certificate {
  const certificate = reader.enterSequence('Certificate');
  const start = reader.position;
  const tbsCertificate = reader.enterSequence('tbsCertificate');
  readVersion(reader);
  const serial = reader.integerBytes('serialNumber');
  const inner = readAlgorithm(reader, 'signature');
  const issuer = readName(reader, 'issuer');
  const { notBefore, notAfter } = readValidity(reader);
  const subject = readName(reader, 'subject');
  const { keyAlgorithm, keyCurve, publicKey } = readKey(reader);
  const { basicConstraints, keyUsage, criticalExtensions } = readExtensions(reader);
  // Unique identifiers ([1] and [2]) are refused too: RFC 5280 section 4.1.2.8.
  reader.leave(tbsCertificate, 'tbsCertificate');
  const tbs = reader.since(start);
  const algorithm = readAlgorithm(reader, 'signatureAlgorithm');
  // RFC 5280 section 4.1.1.2: both algorithm fields are the same.
  if (!equalBytes(inner.encoded, algorithm.encoded)) {
    throw syntax('the signature algorithm differs inside and outside of the signed part');
  }
  const signature = readWholeBytes(reader, 'signatureValue');
  reader.leave(certificate, 'Certificate');
  return {
    der,
    tbs,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    keyAlgorithm,
    keyCurve,
    publicKey,
    signatureAlgorithm: algorithm.oid,
    signatureParameters: algorithm.hasParameters,
    signature,
    basicConstraints,
    keyUsage,
    criticalExtensions,
  };
}

function readVersion(reader: DerReader): void {
  const explicit = reader.enterExplicit(0, 'version');
  if (reader.integer('version') !== 2) throw syntax('version is not 3');
  reader.leave(explicit, 'version');
}

interface Algorithm {
  readonly oid: string;
  readonly hasParameters: boolean;
  readonly encoded: Uint8Array;
}

function readAlgorithm(reader: DerReader, name: string): Algorithm {
  const start = reader.position;
  const algorithm = reader.enterSequence(name);
  const oid = reader.oid(name);
  const hasParameters = reader.more;
  if (hasParameters) reader.passAny(name);
  reader.leave(algorithm, name);
  return { oid, hasParameters, encoded: reader.since(start) };
}

function readName(reader: DerReader, name: string): Uint8Array {
  const start = reader.position;
  checkName(reader, name);
  return reader.since(start);
}

function readValidity(reader: DerReader): Pick<Certificate, 'notBefore' | 'notAfter'> {
  const validity = reader.enterSequence('validity');
  const notBefore = reader.time('notBefore');
  const notAfter = reader.time('notAfter');
  reader.leave(validity, 'validity');
  return { notBefore, notAfter };
}

function readKey(reader: DerReader): Pick<Certificate, 'keyAlgorithm' | 'keyCurve' | 'publicKey'> {
  const spki = reader.enterSequence('subjectPublicKeyInfo');
  const algorithm = reader.enterSequence('subjectPublicKeyInfo.algorithm');
  const keyAlgorithm = reader.oid('subjectPublicKeyInfo.algorithm');
  const named = reader.nextIs(universalTag['OBJECT IDENTIFIER']);
  const keyCurve = named ? reader.oid('namedCurve') : undefined;
  if (!named && reader.more) reader.passAny('parameters');
  reader.leave(algorithm, 'subjectPublicKeyInfo.algorithm');
  const publicKey = readWholeBytes(reader, 'subjectPublicKey');
  reader.leave(spki, 'subjectPublicKeyInfo');
  return { keyAlgorithm, keyCurve, publicKey };
}

type Extensions = Pick<Certificate, 'basicConstraints' | 'keyUsage' | 'criticalExtensions'>;

function readExtensions(reader: DerReader): Extensions {
  const criticalExtensions: string[] = [];
  if (!reader.more) return { basicConstraints: undefined, keyUsage: undefined, criticalExtensions };
  const explicit = reader.enterExplicit(3, 'extensions');
  const list = reader.enterSequence('extensions');
  if (!reader.more) throw syntax('an empty list of extensions');
  let basicConstraints: BasicConstraints | undefined;
  let keyUsage: number | undefined;
  const seen: string[] = [];
  while (reader.more) {
    const extension = reader.enterSequence('extension');
    const oid = reader.oid('extnID');
    if (seen.includes(oid)) throw syntax(`extension ${oid} stands twice`);
    seen.push(oid);
    if (readCritical(reader)) criticalExtensions.push(oid);
    if (oid === OID.basicConstraints) basicConstraints = readBasicConstraints(reader);
    else if (oid === OID.keyUsage) keyUsage = readKeyUsage(reader);
    else reader.pass(universalTag['OCTET STRING'], 'extnValue');
    reader.leave(extension, 'extension');
  }
  reader.leave(list, 'extensions');
  reader.leave(explicit, 'extensions');
  return { basicConstraints, keyUsage, criticalExtensions };
}

/** DER leaves out a default, so a criticality that is written is TRUE. */
function readCritical(reader: DerReader): boolean {
  if (!reader.nextIs(universalTag.BOOLEAN)) return false;
  if (!reader.boolean('critical')) throw syntax('an extension writes a default');
  return true;
}

function readBasicConstraints(reader: DerReader): BasicConstraints {
  const value = reader.enterOctetString('extnValue');
  const constraints = reader.enterSequence('basicConstraints');
  const ca = reader.nextIs(universalTag.BOOLEAN) && reader.boolean('cA');
  const pathLength = reader.more ? reader.integer('pathLenConstraint') : undefined;
  reader.leave(constraints, 'basicConstraints');
  reader.leave(value, 'basicConstraints');
  return { ca, pathLength };
}

function readKeyUsage(reader: DerReader): number {
  const value = reader.enterOctetString('extnValue');
  const { bytes } = reader.bitString('keyUsage');
  reader.leave(value, 'keyUsage');
  let usage = 0;
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const isSet = ((bytes[bit >> 3] as number) & (0x80 >> (bit & 7))) !== 0;
    if (isSet && bit >= KEY_USAGE_BITS) throw syntax(`keyUsage has a bit ${bit}`);
    if (isSet) usage |= 1 << bit;
  }
  return usage;
}

function readWholeBytes(reader: DerReader, name: string): Uint8Array {
  const { unusedBits, bytes } = reader.bitString(name);
  if (unusedBits !== 0) throw syntax(`${name} is not a whole number of bytes`);
  return bytes;
}

function syntax(message: string): FormatError {
  return new FormatError('CERT_SYNTAX', message);
}
