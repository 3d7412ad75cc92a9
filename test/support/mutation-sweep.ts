import {
  type AttestationPolicy,
  createVerifier,
  type TrustAnchor,
} from '../../shared/attestation/node.ts';

const MASKS = [0x01, 0x80, 0xff];

export interface Sweep {
  readonly document: Uint8Array;
  readonly trustAnchor: TrustAnchor;
  /** Accepts the document as it is. */
  readonly policy: AttestationPolicy;
  /** Every how many bytes one is changed, and by how many of the masks. */
  readonly stride: number;
  readonly masks: number;
}

/**
 * Changes one byte of a document at a time and answers the changes that a verifier trusted. The
 * verifier has proven the path before, so that its cache is under test too. An error that is thrown
 * and not reported ends the sweep.
 */
export async function sweepMutations(sweep: Sweep): Promise<{ judged: number; trusted: string[] }> {
  const { document, policy } = sweep;
  const verifier = createVerifier({ trustAnchors: [sweep.trustAnchor] });
  await verifier.verifyOrThrow(document, policy);
  const mutated = document.slice();
  const trusted: string[] = [];
  let judged = 0;
  for (let at = 0; at < document.length; at += sweep.stride) {
    const original = document[at] as number;
    for (const mask of MASKS.slice(0, sweep.masks)) {
      mutated[at] = original ^ mask;
      const { verdict, failure } = await verifier.verify(mutated, policy);
      if (verdict === 'trusted' || failure === undefined) trusted.push(`byte ${at} ^ ${mask}`);
      judged += 1;
    }
    mutated[at] = original;
  }
  return { judged, trusted };
}
