import type { AttestationReport } from '../../shared/attestation/index.ts';
import type { Expectations } from '../expectations.ts';
import type { Inspection } from '../inspection.ts';
import { compareRegisters } from '../registers.ts';
import type { Summary } from '../summary.ts';
import { chainView } from './chain.ts';
import { checksView } from './checks.ts';
import { documentView } from './document.ts';
import { registersView } from './registers.ts';
import { verdictView } from './verdict.ts';

/** A report with the time for which it speaks. */
export interface Judgement {
  readonly report: AttestationReport;
  readonly time: number | undefined;
}

export interface Results {
  readonly inspection: Inspection;
  readonly expectations: Expectations;
  readonly judgement: Judgement | undefined;
  readonly summary: Summary;
}

/** Everything that is known about a document, the verdict first. */
export function resultsView(results: Results): readonly HTMLElement[] {
  const { inspection, judgement, summary } = results;
  return [
    verdictView(summary),
    ...(judgement === undefined ? [] : [checksView(judgement.report.checks)]),
    ...contentsOf(inspection, results),
  ];
}

function contentsOf(
  inspection: Inspection,
  { expectations, judgement }: Results,
): readonly HTMLElement[] {
  const { document, chain } = inspection;
  if (document === undefined || chain === undefined) return [];
  const accepted = expectations.measurements[document.kind] ?? [];
  return [
    documentView(document, inspection),
    registersView(document.kind, compareRegisters(document, accepted), accepted.length),
    chainView(chain, { document: document.timestamp, judgement: judgement?.time }),
  ];
}
