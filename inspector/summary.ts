import type { AttestationReport, CheckResult } from '../shared/attestation/index.ts';
import type { Problem } from './expectations.ts';

/** The answer in words, for the headline and for a screen reader. */
export interface Summary {
  readonly verdict: 'trusted' | 'untrusted' | 'not judged';
  readonly headline: string;
  readonly sentence: string;
  /** What a reader must know beside the verdict. */
  readonly notes: readonly string[];
  /** Checks to spell out at once. */
  readonly failed: readonly CheckResult[];
}

export function summariseReport(
  report: AttestationReport,
  { ownTrustAnchor }: { readonly ownTrustAnchor: boolean },
): Summary {
  const failed = report.checks.filter(({ verdict }) => verdict === 'failed');
  const anchorNote = ownTrustAnchor
    ? ['Judged against the trust anchor that you gave, not against the root of AWS.']
    : [];
  if (report.verdict === 'untrusted') {
    return {
      verdict: 'untrusted',
      headline: 'Untrusted',
      sentence:
        failed.length === 1
          ? 'A check failed. Nothing in this document may be relied on.'
          : `${failed.length} checks failed. Nothing in this document may be relied on.`,
      notes: anchorNote,
      failed,
    };
  }
  const waived = report.checks.filter(({ verdict }) => verdict === 'not reached');
  return {
    verdict: 'trusted',
    headline: 'Trusted',
    sentence:
      waived.length === 0
        ? 'The document is genuine and is what you expect.'
        : 'The document is genuine and is what you expect, within these limits:',
    notes: [...waived.map(limitOf), ...debugNotes(report), ...anchorNote],
    failed: [],
  };
}

/** The messages of waivers do not name what is waived. */
function limitOf({ id, message }: CheckResult): string {
  return id === 'policy.nonce' ? `Nonce: ${message}` : message;
}

function debugNotes({ document, checks }: AttestationReport): readonly string[] {
  const debug = checks.find(({ id }) => id === 'policy.debug');
  const allowed = debug?.expected === 'debug mode or not';
  return document?.kind === 'enclave' && allowed ? [debug.message] : [];
}

export function summariseUnjudged(problems: readonly Problem[]): Summary {
  return {
    verdict: 'not judged',
    headline: 'Not judged',
    sentence:
      problems.length === 0
        ? 'Nothing below has been verified: it is what the document claims. Judge it to know more.'
        : 'Nothing below has been verified: it is what the document claims. To judge it, state:',
    notes: problems.map(({ message }) => message),
    failed: [],
  };
}

export function summariseUnreadable(problem: string): Summary {
  return {
    verdict: 'not judged',
    headline: 'No document',
    sentence: `This cannot be read as an attestation document. ${problem}`,
    notes: [],
    failed: [],
  };
}
