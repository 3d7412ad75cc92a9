import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { issueDocument } from '../../scripts/fixtures/attestation-authority.ts';
import { acceptingPolicy, documentWith } from '../../scripts/fixtures/attestation-documents.ts';
import { awsNitroEnclavesRootG1, parseAttestationDocument } from '../../shared/attestation/node.ts';
import { sweepMutations } from '../support/mutation-sweep.ts';

const recorded = join(import.meta.dirname, '..', '..', 'fixtures', 'recorded');
const every = { stride: 1, masks: 3 };
const minutes = 5 * 60_000;

describe.skipIf(!process.env.CI)('every byte of a document, changed (runs where CI is set)', () => {
  it.each(['nitro-20241028-us-east-2-b8cfafe7.cose', 'nitro-20250916-us-east-1-b1086cbb.cose'])(
    'never makes %s trusted',
    async (file) => {
      const document = new Uint8Array(readFileSync(join(recorded, file)));
      const { timestamp, pcrs, nonce } = parseAttestationDocument(document);
      const { trusted, judged } = await sweepMutations({
        ...every,
        document,
        trustAnchor: awsNitroEnclavesRootG1,
        policy: {
          clock: { mode: 'live', now: () => timestamp, maxAgeSeconds: 1, skewSeconds: 0 },
          measurements: { enclave: [pcrs] },
          nonce: nonce?.length ? nonce : { waived: 'the document carries none' },
          debug: 'refused',
        },
      });
      expect(trusted).toEqual([]);
      expect(judged).toBe(3 * document.length);
    },
    minutes,
  );

  it(
    'never makes the synthetic one trusted',
    async () => {
      const { document, path } = issueDocument(documentWith());
      const trustAnchor = { der: path[0] as Uint8Array };
      const { trusted, judged } = await sweepMutations({
        ...every,
        document,
        trustAnchor,
        policy: acceptingPolicy,
      });
      expect(trusted).toEqual([]);
      expect(judged).toBe(3 * document.length);
    },
    minutes,
  );
});
