import type { CryptoEngine, P384PublicKey } from '../crypto/engine.ts';
import { concatBytes, encodeHex, equalBytes } from '../encoding.ts';
import { BrokerError, type VerificationError } from '../errors.ts';
import { type Certificate, isValidAt, parseCertificate } from './certificate.ts';
import { type Finding, falsified, malformed, type Rule } from './check.ts';
import { formatName } from './distinguished-name.ts';
import type { AttestationDocument } from './document.ts';
import { parseEcdsaSigValue } from './ecdsa-signature.ts';
import { isoTime } from './iso-time.ts';
import { type CertificatePath, nameInPath, type PathCertificate } from './path-certificate.ts';
import type { ProvenCertificates } from './proven-certificates.ts';

/** pathLen 2 on the regional certificate leaves room for no more. */
const MAX_CERTIFICATES = 5;
const P384_BYTES = 48;

const OID_EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const OID_P384 = '1.3.132.0.34';

/** The DER of a path, before anything in it is believed. */
export interface PathInput {
  /** Root first, leaf last. */
  readonly ders: readonly Uint8Array[];
  readonly roots: readonly PinnedRoot[];
  readonly engine: CryptoEngine;
}

/** A root that is trusted for being these bytes. */
export interface PinnedRoot {
  readonly der: Uint8Array;
  /** SHA-256 of the DER in hex, as AWS publishes it. */
  readonly fingerprint: string;
}

export function pathInputOf(
  document: AttestationDocument,
  context: Pick<PathInput, 'roots' | 'engine'>,
): PathInput {
  return { ders: [...document.cabundle, document.certificate], ...context };
}

/** What holds of the bytes alone, before a certificate is parsed. */
export const pathInputRules: readonly Rule<PathInput>[] = [
  { id: 'path.length', check: checkLength },
  { id: 'path.root', check: checkRoot },
];

/**
 * Parses the certificates and imports their keys, or takes as much of the path as was proven
 * before from the cache.
 *
 * @throws {FormatError} CERT_SYNTAX, CERT_KEY
 */
export function openPath(
  { ders, engine }: PathInput,
  proven: ProvenCertificates,
): { path: CertificatePath; finding: Finding } {
  const digests = new Map<number, string>();
  let known: CertificatePath = [];
  for (let count = ders.length; count > 0 && known.length === 0; count--) {
    const digest = digestOf(ders.slice(0, count), engine);
    digests.set(count, digest);
    known = proven.get(digest) ?? [];
  }
  const path = [...known];
  for (const der of ders.slice(known.length)) {
    const opened = openCertificate(der, engine, nameInPath(path.length, ders.length));
    path.push({ ...opened, pathDigest: digests.get(path.length + 1) as string, proven: false });
  }
  return {
    path,
    finding: {
      expected: 'X.509 version 3 in DER, with a P-384 key',
      actual: `${path.length} certificates`,
      message: 'Every certificate is well-formed and holds a P-384 key.',
    },
  };
}

/** The lengths keep two paths apart whose bytes are the same, cut in other places. */
function digestOf(ders: readonly Uint8Array[], engine: CryptoEngine): string {
  const lengths = ders.map(({ length }) => length).join();
  return `${lengths}:${encodeHex(engine.sha256(concatBytes(...ders)))}`;
}

function openCertificate(
  der: Uint8Array,
  engine: CryptoEngine,
  name: string,
): { certificate: Certificate; key: P384PublicKey } {
  try {
    // A copy: the certificate may be kept, while the document is the caller's to change.
    const certificate = parseCertificate(Uint8Array.from(der));
    return { certificate, key: importKey(certificate, engine) };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    throw malformed(error.code === 'CERT_KEY' ? 'CERT_KEY' : 'CERT_SYNTAX', {
      expected: 'X.509 version 3 in DER, with a P-384 key',
      actual: `${name}: ${error.message}`,
      message: `The ${name} certificate cannot be read.`,
    });
  }
}

function importKey(certificate: Certificate, engine: CryptoEngine): P384PublicKey {
  if (certificate.keyAlgorithm !== OID_EC_PUBLIC_KEY || certificate.keyCurve !== OID_P384) {
    throw malformed('CERT_KEY', {
      expected: 'a P-384 key',
      actual: `${certificate.keyAlgorithm} ${certificate.keyCurve ?? ''}`.trim(),
      message: 'the key is not on P-384',
    });
  }
  return engine.importP384(certificate.publicKey);
}

/** Every certificate, the root included, is valid at `time` (milliseconds since the epoch). */
export function checkValidity(path: CertificatePath, time: number): Finding {
  const index = path.findIndex(({ certificate }) => !isValidAt(certificate, time));
  const outside = path[index];
  if (outside !== undefined) {
    throw invalid(outside.certificate, nameInPath(index, path.length), time);
  }
  return {
    expected: 'every certificate inside its validity',
    actual: isoTime(time),
    message: 'Every certificate is valid at the time of judgement.',
  };
}

function invalid(
  { notBefore, notAfter }: Certificate,
  name: string,
  time: number,
): VerificationError {
  const finding = {
    expected: `${isoTime(notBefore)} to ${isoTime(notAfter)}`,
    actual: isoTime(time),
  };
  if (time < notBefore) {
    const seconds = Math.ceil((notBefore - time) / 1000);
    return falsified('PATH_NOT_YET_VALID', {
      ...finding,
      message: `The ${name} certificate becomes valid ${seconds} s after the time of judgement: that clock is behind, or the document is from the future.`,
    });
  }
  const seconds = Math.floor((time - notAfter) / 1000);
  return falsified('PATH_EXPIRED', {
    ...finding,
    message: `The ${name} certificate expired ${seconds} s before the time of judgement.`,
  });
}

/** Verifies each signature that was not found good before, all at once. */
export async function verifySignatures(
  path: CertificatePath,
  engine: CryptoEngine,
): Promise<Finding> {
  const holds = await Promise.all(
    path.map((subject, index) => {
      const issuer = path[index - 1];
      // The root is trusted for what it is: its own signature on itself would add nothing.
      if (issuer === undefined || subject.proven) return true;
      return verifyIssued(subject.certificate, issuer, engine);
    }),
  );
  const wrong = holds.indexOf(false);
  if (wrong !== -1) {
    const name = nameInPath(wrong, path.length);
    throw falsified('PATH_SIGNATURE', {
      expected: `a signature by ${formatName((path[wrong - 1] as PathCertificate).certificate.subject)}`,
      actual: 'a signature that does not hold',
      message: `The ${name} certificate was not signed by the one above it.`,
    });
  }
  return {
    expected: 'every certificate signed by the one above it',
    actual: `${path.length - 1} signatures`,
    message: 'Every certificate is signed by the one above it, up to the pinned root.',
  };
}

async function verifyIssued(
  subject: Certificate,
  issuer: PathCertificate,
  engine: CryptoEngine,
): Promise<boolean> {
  let signature: Uint8Array;
  try {
    signature = parseEcdsaSigValue(subject.signature, P384_BYTES);
  } catch (error) {
    if (error instanceof BrokerError) return false;
    throw error;
  }
  return engine.verifyP384(issuer.key, subject.tbs, signature);
}

function checkLength({ ders }: PathInput): Finding {
  const finding = {
    expected: `at most ${MAX_CERTIFICATES} certificates`,
    actual: `${ders.length} certificates`,
    message: 'The path has a length that the issuers allow.',
  };
  if (ders.length > MAX_CERTIFICATES) {
    throw falsified('PATH_LENGTH', { ...finding, message: 'The path has too many certificates.' });
  }
  return finding;
}

function checkRoot({ ders, roots, engine }: PathInput): Finding {
  const root = ders[0] as Uint8Array;
  const expected = roots.map(({ fingerprint }) => fingerprint).join(' or ');
  const pinned = roots.find(({ der }) => equalBytes(der, root));
  if (pinned === undefined) {
    throw falsified('PATH_ROOT', {
      expected,
      actual: encodeHex(engine.sha256(root)),
      message: 'The path does not begin with a pinned root certificate.',
    });
  }
  return {
    expected,
    actual: pinned.fingerprint,
    message: 'The path begins with a pinned root certificate.',
  };
}
