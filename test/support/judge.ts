import { type DocumentSpec, issueDocument } from '../../scripts/fixtures/attestation-authority.ts';
import { acceptingPolicy } from '../../scripts/fixtures/attestation-documents.ts';
import {
  type AttestationPolicy,
  type AttestationReport,
  createVerifier,
} from '../../shared/attestation/node.ts';

/** The verdict of a new verifier that trusts the root which the document begins with. */
export async function judge(
  spec: DocumentSpec,
  changes: Partial<AttestationPolicy> = {},
): Promise<AttestationReport> {
  const { document, path } = issueDocument(spec);
  const verifier = createVerifier({ trustAnchors: [{ der: path[0] as Uint8Array }] });
  return verifier.verify(document, { ...acceptingPolicy, ...changes });
}

/** The first check that failed, with its code; `trusted` if none did. */
export function outcomeOf(report: AttestationReport): string {
  const failed = report.checks.find(({ verdict }) => verdict === 'failed');
  return failed === undefined ? report.verdict : `${failed.id} ${failed.code}`;
}
