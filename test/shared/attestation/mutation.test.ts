import { describe, expect, it } from 'vitest';
import { issueDocument } from '../../../scripts/fixtures/attestation-authority.ts';
import { acceptingPolicy, documentWith } from '../../../scripts/fixtures/attestation-documents.ts';
import { createVerifier } from '../../../shared/attestation/node.ts';
import { sweepMutations } from '../../support/mutation-sweep.ts';
import { truncations } from '../../support/mutations.ts';

const { document, path } = issueDocument(documentWith());
const trustAnchor = { der: path[0] as Uint8Array };

/** Every byte is for test/sweeps; a prime stride meets every part of a document. */
const STRIDE = 7;

describe('a document with one byte changed', () => {
  it('is never trusted, and never an error without a code', async () => {
    const sweep = { document, trustAnchor, policy: acceptingPolicy, stride: STRIDE, masks: 1 };
    const { judged, trusted } = await sweepMutations(sweep);
    expect(trusted).toEqual([]);
    expect(judged).toBe(Math.ceil(document.length / STRIDE));
  });

  it('is never trusted when it is cut off anywhere', async () => {
    const verifier = createVerifier({ trustAnchors: [trustAnchor] });
    for (const prefix of truncations(document)) {
      const { failure } = await verifier.verify(prefix, acceptingPolicy);
      expect(failure?.code).toMatch(/^(COSE_SIZE|CBOR_TRUNCATED)$/);
    }
  });
});
