// Documents per second through the verifier, beside one bare P-384 verification (V) and its peers.
//   npm run build && BENCH_PEERS=/folder/with/node_modules node dist/bench/verify.js
// With BENCH_GO=/path/to/go and BENCH_NITRITE=/checkout/of/hf/nitrite, Go's verifier too.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { parseCertificate } from '../shared/attestation/certificate.ts';
import {
  type AttestationPolicy,
  type AttestationVerifier,
  awsNitroEnclavesRootG1,
  createNodeEngine,
  createVerifier,
  parseAttestationDocument,
} from '../shared/attestation/node.ts';
import { bareVerification, pooledVerification } from './bare-verification.ts';
import { type BenchCase, measure, type Timing } from './measure.ts';
import { startNitrite } from './verify-nitrite.ts';
import { loadPeers } from './verify-peers.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const IN_FLIGHT = 16;
const recorded = join(import.meta.dirname, '..', '..', 'fixtures', 'recorded');
const genuineFile = join(recorded, 'nitro-20241028-us-east-2-b8cfafe7.cose');
const genuine = new Uint8Array(readFileSync(genuineFile));
const document = parseAttestationDocument(genuine);
const policy: AttestationPolicy = {
  clock: { mode: 'historic' },
  measurements: { enclave: [document.pcrs] },
  nonce: { waived: 'a benchmark' },
  debug: 'refused',
};

const nitrite = await startedNitrite();
const peers = await loadPeers(genuine, document, process.env.BENCH_PEERS);
const cases = [...ownCases(), ...peers, ...(nitrite ? [nitrite.benchCase] : [])];
print(await measure(cases, ROUNDS));
nitrite?.stop();
await printStart();

function ownCases(): readonly BenchCase[] {
  const anchors = [awsNitroEnclavesRootG1];
  // The root and the three issuers below it: a leaf is proven, and dropped again at once.
  const bundleOnly = createVerifier({ trustAnchors: anchors, cachedCertificates: 4 });
  const cold = createVerifier({ trustAnchors: anchors, cachedCertificates: 0 });
  const warm = createVerifier({ trustAnchors: anchors });
  const engine = createNodeEngine({ verifyIn: 'caller' });
  const warmInCaller = createVerifier({ trustAnchors: anchors, engine });
  const oneByOne = (name: string, verifier: AttestationVerifier): BenchCase => ({
    name,
    async run(count) {
      for (let i = 0; i < count; i++) await trusted(verifier, genuine);
    },
  });
  const inFlight = (name: string, verifier: AttestationVerifier): BenchCase => ({
    name: `${name}, ${IN_FLIGHT} in flight`,
    async run(count) {
      for (let done = 0; done < count; done += IN_FLIGHT) {
        const batch = Math.min(IN_FLIGHT, count - done);
        await Promise.all(Array.from({ length: batch }, () => trusted(verifier, genuine)));
      }
    },
  });
  return [
    bareVerification(),
    pooledVerification(),
    oneByOne('nothing cached', cold),
    inFlight('nothing cached', cold),
    oneByOne('new leaf under a cached bundle', bundleOnly),
    inFlight('new leaf under a cached bundle', bundleOnly),
    oneByOne('path cached', warm),
    oneByOne('path cached, verified by the caller', warmInCaller),
    inFlight('path cached', warm),
    {
      name: 'parsing alone: document and certificates',
      run(count) {
        for (let i = 0; i < count; i++) {
          const { cabundle, certificate } = parseAttestationDocument(genuine);
          for (const der of [...cabundle, certificate]) parseCertificate(der);
        }
      },
    },
  ];
}

async function startedNitrite(): Promise<Awaited<ReturnType<typeof startNitrite>> | undefined> {
  const { BENCH_GO: go, BENCH_NITRITE: sources } = process.env;
  if (go === undefined || sources === undefined) {
    console.error('peer left out: BENCH_GO names no Go command, or BENCH_NITRITE no sources');
    return undefined;
  }
  return startNitrite({ go, sources, documentFile: genuineFile, time: document.timestamp });
}

async function trusted(verifier: AttestationVerifier, bytes: Uint8Array): Promise<void> {
  const { verdict, failure } = await verifier.verify(bytes, policy);
  if (verdict !== 'trusted') throw failure ?? fault();
}

function fault(): Error {
  return new Error('a benchmark case did not do its work');
}

function print(rows: readonly Timing[]): void {
  const v = rows.find(({ name }) => name === 'V') as Timing;
  console.log(`node ${process.version}, OpenSSL ${process.versions.openssl}, ${ROUNDS} rounds`);
  console.log('wall: best window; CPU: median window; V: one bare P-384 verification\n');
  console.log(`${'case'.padEnd(52)} per second   wall ms     V   CPU ms   CPU V`);
  for (const { name, wallMs, cpuMs } of rows) {
    const figures = [
      (1000 / wallMs).toFixed(0).padStart(10),
      wallMs.toFixed(3).padStart(9),
      (wallMs / v.wallMs).toFixed(2).padStart(5),
      figure(cpuMs, 3).padStart(8),
      figure(cpuMs / v.cpuMs, 2).padStart(7),
    ];
    console.log(`${name.padEnd(52)} ${figures.join(' ')}`);
  }
}

function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(digits);
}

/** Start of a process to its first verified document, beside the start of a bare one. */
async function printStart(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-verify-'));
  const plain = join(import.meta.dirname, 'verify-once.js');
  const bundled = join(directory, 'verify-once.mjs');
  await bundleProgram(plain, bundled);
  const runs: Record<string, number[]> = { bare: [], plain: [], bundled: [] };
  for (let round = 0; round < 9; round++) {
    runs.bare?.push(timeProcess(['-e', '0']));
    runs.plain?.push(timeProcess([plain, genuineFile]));
    runs.bundled?.push(timeProcess([bundled, genuineFile]));
  }
  rmSync(directory, { recursive: true });
  const [bare = 0, ...others] = Object.values(runs).map((times) => Math.min(...times));
  const [ofPlain = 0, ofBundled = 0] = others.map((time) => (time - bare).toFixed(0));
  console.log(`\nfirst verified document, after the start of bare Node (${bare.toFixed(0)} ms):`);
  console.log(`${ofBundled} ms for a bundled program, ${ofPlain} ms for one of many files`);
}

/** As an enclave's image carries it: one file, so that Node resolves and reads no others. */
async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
}

function timeProcess(args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args);
  if (status !== 0) throw fault();
  return performance.now() - start;
}
