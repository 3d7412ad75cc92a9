// One process, one document: what bench/verify.ts times the start with. Takes the document's file.
import { readFileSync } from 'node:fs';
import { awsNitroEnclavesRootG1, createVerifier } from '../shared/attestation/node.ts';

const bytes = new Uint8Array(readFileSync(process.argv[2] ?? ''));
const { verdict } = await createVerifier({ trustAnchors: [awsNitroEnclavesRootG1] }).verify(bytes, {
  clock: { mode: 'historic' },
  measurements: { waived: 'a benchmark' },
  nonce: { waived: 'a benchmark' },
  debug: 'refused',
});
process.exitCode = verdict === 'trusted' ? 0 : 1;
