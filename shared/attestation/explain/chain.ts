import { encodeHex } from '../../encoding.ts';
import { BrokerError } from '../../errors.ts';
import { type Certificate, parseCertificate } from '../certificate.ts';
import type { AttestationDocument, CryptoEngine } from '../index.ts';
import { formatDuration } from './time-text.ts';

/** A genuine chain has five. A hostile document can carry thousands of scraps. */
const MAX_SHOWN = 8;

/** One certificate of a document's chain, as it reads. */
export interface ChainLink {
  readonly role: string;
  /** SHA-256 of the DER. */
  readonly fingerprint: string;
  /** Undefined if the bytes are no certificate. */
  readonly certificate: Certificate | undefined;
  readonly problem: string | undefined;
}

export interface Chain {
  /** Root first, leaf last. */
  readonly links: readonly ChainLink[];
  /** How many certificates above the leaf are left out of `links`. */
  readonly omitted: number;
}

/** Reads a document's certificates. Nothing in them is verified. */
export function describeChain(document: AttestationDocument, engine: CryptoEngine): Chain {
  const shown = document.cabundle.slice(0, MAX_SHOWN - 1);
  const links = shown.map((der, index) =>
    describeLink(der, index === 0 ? 'Root' : `Intermediate ${index}`, engine),
  );
  return {
    links: [...links, describeLink(document.certificate, 'Leaf', engine)],
    omitted: document.cabundle.length - shown.length,
  };
}

function describeLink(der: Uint8Array, role: string, engine: CryptoEngine): ChainLink {
  const fingerprint = encodeHex(engine.sha256(der));
  try {
    return { role, fingerprint, certificate: parseCertificate(der), problem: undefined };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return { role, fingerprint, certificate: undefined, problem: error.message };
  }
}

/** Where an event of the document stands to a certificate's validity. */
export interface Standing {
  readonly inside: boolean;
  readonly text: string;
}

export function standingAt(
  { notBefore, notAfter }: Certificate,
  event: 'made' | 'judged',
  time: number,
): Standing {
  if (time < notBefore) {
    const wait = formatDuration(notBefore - time);
    return { inside: false, text: `in force only ${wait} after it was ${event}` };
  }
  // A certificate is valid through the whole second that notAfter names.
  if (time >= notAfter + 1000) {
    const past = formatDuration(time - notAfter);
    return { inside: false, text: `expired ${past} before it was ${event}` };
  }
  return { inside: true, text: `in force when ${event}` };
}

/** The common name of a subject as formatName writes it, or the whole where it has none. */
export function commonNameOf(subjectName: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(subjectName)?.[1] ?? subjectName;
}
