import { CHECK_IDS, type CheckResult } from '../shared/attestation/index.ts';

export interface CheckGroup {
  readonly title: string;
  /** In the order in which a document meets them. */
  readonly checks: readonly CheckResult[];
}

const GROUPS = [
  ['envelope', 'Envelope'],
  ['payload', 'Contents'],
  ['path', 'Certificate path'],
  ['signature', 'Signature of the document'],
  ['policy', 'Your expectations'],
] as const;

/** The checks of a report by subject. */
export function groupChecks(checks: readonly CheckResult[]): readonly CheckGroup[] {
  const ordered = [...checks].sort((a, b) => CHECK_IDS.indexOf(a.id) - CHECK_IDS.indexOf(b.id));
  return GROUPS.map(([prefix, title]) => ({
    title,
    checks: ordered.filter(({ id }) => id === prefix || id.startsWith(`${prefix}.`)),
  }));
}

/** For example: 6 passed, 1 failed. */
export function countVerdicts(checks: readonly CheckResult[]): string {
  return (['passed', 'failed', 'not reached'] as const)
    .map((verdict) => ({ verdict, count: checks.filter((c) => c.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(', ');
}
