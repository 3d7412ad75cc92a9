import type { CryptoEngine, P384PublicKey } from '../crypto/engine.ts';
import { concatBytes, encodeHex } from '../encoding.ts';
import { BrokerError } from '../errors.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type Finding, falsified, malformed, type Rule } from './check.ts';
import type { AttestationDocument } from './document.ts';
import { parseEcdsaSigValue } from './ecdsa-signature.ts';
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
  /** SHA-256 of the DER of each pinned root, in hex. */
  readonly roots: readonly string[];
  readonly engine: CryptoEngine;
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
 * Parses the certificates and imports their keys, or takes both from the cache.
 *
 * @throws {FormatError} CERT_SYNTAX, CERT_KEY
 */
export function openPath(
  { ders, engine }: PathInput,
  proven: ProvenCertificates,
): { path: CertificatePath; finding: Finding } {
  const path: PathCertificate[] = [];
  let digest: Uint8Array = new Uint8Array(0);
  for (const [index, der] of ders.entries()) {
    digest = engine.sha256(concatBytes(digest, der));
    const pathDigest = encodeHex(digest);
    const known = proven.get(pathDigest);
    path.push(
      known ?? { ...openCertificate(der, engine, ders.length, index), pathDigest, proven: false },
    );
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

function openCertificate(
  der: Uint8Array,
  engine: CryptoEngine,
  count: number,
  index: number,
): { certificate: Certificate; key: P384PublicKey } {
  const name = nameInPath(index, count);
  try {
    // A copy: the certificate may be kept, while the document is the caller's to change.
    const certificate = parseCertificate(der.slice());
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
  const at = formatTime(time);
  for (const [index, { certificate }] of path.entries()) {
    const name = nameInPath(index, path.length);
    const finding = {
      expected: `${formatTime(certificate.notBefore)} to ${formatTime(certificate.notAfter)}`,
      actual: at,
    };
    if (time < certificate.notBefore) {
      const seconds = Math.ceil((certificate.notBefore - time) / 1000);
      throw falsified('PATH_NOT_YET_VALID', {
        ...finding,
        message: `The ${name} certificate becomes valid ${seconds} s after the time of judgement: that clock is behind, or the document is from the future.`,
      });
    }
    // A certificate is valid through the whole second that notAfter names.
    if (time >= certificate.notAfter + 1000) {
      const seconds = Math.floor((time - certificate.notAfter) / 1000);
      throw falsified('PATH_EXPIRED', {
        ...finding,
        message: `The ${name} certificate expired ${seconds} s before the time of judgement.`,
      });
    }
  }
  return {
    expected: 'every certificate inside its validity',
    actual: at,
    message: 'Every certificate is valid at the time of judgement.',
  };
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
      expected: `a signature by ${path[wrong - 1]?.certificate.subjectName}`,
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
  const actual = encodeHex(engine.sha256(root));
  const expected = roots.join(' or ');
  if (!roots.includes(actual)) {
    throw falsified('PATH_ROOT', {
      expected,
      actual,
      message: 'The path does not begin with a pinned root certificate.',
    });
  }
  return { expected, actual, message: 'The path begins with a pinned root certificate.' };
}

export function formatTime(time: number): string {
  return new Date(time).toISOString();
}
