// One process, one document: what bench/verify.ts times the start with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsNitroEnclavesRootG1, createVerifier } from '../shared/attestation/node.ts';

const recorded = join(import.meta.dirname, '..', '..', 'fixtures', 'recorded');
const file = join(recorded, 'nitro-20241028-us-east-2-b8cfafe7.cose');
const { verdict } = await createVerifier({ trustAnchors: [awsNitroEnclavesRootG1] }).verify(
  new Uint8Array(readFileSync(file)),
  {
    clock: { mode: 'historic' },
    measurements: { waived: 'a benchmark' },
    nonce: { waived: 'a benchmark' },
    debug: 'refused',
  },
);
process.exitCode = verdict === 'trusted' ? 0 : 1;
