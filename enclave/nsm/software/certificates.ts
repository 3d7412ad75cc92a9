import {
  issueNsmCertificate,
  type KeyedCertificate,
  type NsmIdentity,
  nsmLevels,
} from '../../../shared/pki/index.ts';

/** A recipient document is held for up to 240 s, and its chain must still be valid then. */
const RENEWED_BEFORE_EXPIRY = 300_000;

export interface DocumentChain {
  readonly leaf: KeyedCertificate;
  /** The issuers of the leaf in DER, root first. */
  readonly cabundle: readonly Uint8Array[];
}

/**
 * Creates the certificates of one enclave, and keeps them as the hardware does: the leaf serves
 * for hours of documents, and each level is renewed on its own lifetime.
 *
 * The function that it returns answers the chain for a document of the time `at`, in Unix
 * milliseconds: every level below the root is valid then, and for five minutes more. A level is
 * renewed together with those below it. Calls take turns, so that calls at once share what the
 * first of them issued.
 */
export function createDocumentChain(options: {
  readonly root: KeyedCertificate;
  readonly identity: NsmIdentity;
}): (at: number) => Promise<DocumentChain> {
  const { root, identity } = options;
  let held: readonly KeyedCertificate[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  const renew = async (at: number): Promise<DocumentChain> => {
    const stale = held.findIndex((certificate) => !isCurrent(certificate, at));
    const kept = stale === -1 ? held : held.slice(0, stale);
    const chain: KeyedCertificate[] = [];
    const cabundle: Uint8Array[] = [];
    let last = root;
    for (const [depth, level] of nsmLevels.entries()) {
      cabundle.push(last.certificate);
      const issue = { level, issuer: last, identity, issuedAt: at };
      last = kept[depth] ?? (await issueNsmCertificate(issue));
      chain.push(last);
    }
    held = chain;
    return { leaf: last, cabundle };
  };

  return (at) => {
    const chain = turn.then(() => renew(at));
    turn = chain.catch(() => undefined);
    return chain;
  };
}

function isCurrent({ notBefore, notAfter }: KeyedCertificate, at: number): boolean {
  return notBefore <= at && at + RENEWED_BEFORE_EXPIRY < notAfter;
}
