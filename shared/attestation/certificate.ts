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
    const reader = DerReader.over(der, { maxBytes: MAX_CERTIFICATE_BYTES });
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
  const certificate = reader.sequence('Certificate');
  const tbs = certificate.sequence('tbsCertificate');
  const signed = certificate.lastEncoded;
  const algorithm = readAlgorithm(certificate, 'signatureAlgorithm');
  const signature = readWholeBytes(certificate, 'signatureValue');
  certificate.finish('Certificate');

  readVersion(tbs);
  const serial = tbs.integerBytes('serialNumber');
  tbs.skip('signature');
  // RFC 5280 section 4.1.1.2: both algorithm fields are the same.
  if (!equalBytes(tbs.lastEncoded, algorithm.encoded)) {
    throw syntax('the signature algorithm differs inside and outside of the signed part');
  }
  const issuer = readName(tbs, 'issuer');
  const { notBefore, notAfter } = readValidity(tbs);
  const subject = readName(tbs, 'subject');
  const { keyAlgorithm, keyCurve, publicKey } = readKey(tbs);
  const { basicConstraints, keyUsage, criticalExtensions } = readExtensions(tbs);
  // Unique identifiers ([1] and [2]) are refused too: RFC 5280 section 4.1.2.8.
  tbs.finish('tbsCertificate');
  return {
    der,
    tbs: signed,
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

function readVersion(tbs: DerReader): void {
  const explicit = tbs.explicit(0, 'version');
  if (explicit.integer('version') !== 2) throw syntax('version is not 3');
  explicit.finish('version');
}

interface Algorithm {
  readonly oid: string;
  readonly hasParameters: boolean;
  readonly encoded: Uint8Array;
}

function readAlgorithm(reader: DerReader, name: string): Algorithm {
  const algorithm = reader.sequence(name);
  const encoded = reader.lastEncoded;
  const oid = algorithm.oid(name);
  const hasParameters = algorithm.more;
  if (hasParameters) algorithm.skip(name);
  algorithm.finish(name);
  return { oid, hasParameters, encoded };
}

function readName(tbs: DerReader, name: string): Uint8Array {
  checkName(tbs, name);
  return tbs.lastEncoded;
}

function readValidity(tbs: DerReader): Pick<Certificate, 'notBefore' | 'notAfter'> {
  const validity = tbs.sequence('validity');
  const notBefore = validity.time('notBefore');
  const notAfter = validity.time('notAfter');
  validity.finish('validity');
  return { notBefore, notAfter };
}

function readKey(tbs: DerReader): Pick<Certificate, 'keyAlgorithm' | 'keyCurve' | 'publicKey'> {
  const spki = tbs.sequence('subjectPublicKeyInfo');
  const algorithm = spki.sequence('subjectPublicKeyInfo.algorithm');
  const keyAlgorithm = algorithm.oid('subjectPublicKeyInfo.algorithm');
  const named = algorithm.nextIs(universalTag['OBJECT IDENTIFIER']);
  const keyCurve = named ? algorithm.oid('namedCurve') : undefined;
  if (algorithm.more && !named) algorithm.skip('parameters');
  algorithm.finish('subjectPublicKeyInfo.algorithm');
  const publicKey = readWholeBytes(spki, 'subjectPublicKey');
  spki.finish('subjectPublicKeyInfo');
  return { keyAlgorithm, keyCurve, publicKey };
}

type Extensions = Pick<Certificate, 'basicConstraints' | 'keyUsage' | 'criticalExtensions'>;

function readExtensions(tbs: DerReader): Extensions {
  const seen: string[] = [];
  const criticalExtensions: string[] = [];
  let basicConstraints: BasicConstraints | undefined;
  let keyUsage: number | undefined;
  if (tbs.more) {
    const explicit = tbs.explicit(3, 'extensions');
    const list = explicit.sequence('extensions');
    explicit.finish('extensions');
    if (!list.more) throw syntax('an empty list of extensions');
    while (list.more) {
      const { oid, critical, value } = readExtension(list);
      if (seen.includes(oid)) throw syntax(`extension ${oid} stands twice`);
      seen.push(oid);
      if (critical) criticalExtensions.push(oid);
      if (oid === OID.basicConstraints) basicConstraints = readBasicConstraints(value);
      if (oid === OID.keyUsage) keyUsage = readKeyUsage(value);
    }
  }
  return { basicConstraints, keyUsage, criticalExtensions };
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: DerReader;
}

function readExtension(list: DerReader): Extension {
  const extension = list.sequence('extension');
  const oid = extension.oid('extnID');
  const critical = extension.nextIs(universalTag.BOOLEAN);
  // DER leaves out a default, so a criticality that is written is TRUE.
  if (critical && !extension.boolean('critical')) {
    throw syntax(`extension ${oid} writes a default`);
  }
  const value = extension.octetString('extnValue');
  extension.finish('extension');
  return { oid, critical, value };
}

function readBasicConstraints(value: DerReader): BasicConstraints {
  const members = value.sequence('basicConstraints');
  value.finish('basicConstraints');
  const ca = members.nextIs(universalTag.BOOLEAN) && members.boolean('cA');
  const pathLength = members.more ? members.integer('pathLenConstraint') : undefined;
  members.finish('basicConstraints');
  return { ca, pathLength };
}

function readKeyUsage(value: DerReader): number {
  const { bytes } = value.bitString('keyUsage');
  value.finish('keyUsage');
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
