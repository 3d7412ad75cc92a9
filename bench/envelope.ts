// Opening envelopes: beside the bare private operation, and in the thread pool; and that no call
// waits for a key.
//   npm run build && node dist/bench/envelope.js
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto';
import { silentMetrics } from '../enclave/metrics.ts';
import { createKeyRing } from '../enclave/recipient/index.ts';
import {
  createEnvelopeOpener,
  type EnvelopeOpener,
  openEnvelope,
  parseEnvelope,
  recipientIdOf,
  sealEnvelope,
} from '../shared/cms/index.ts';
import { type BenchCase, measure, type Timing } from './measure.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);
const IN_FLIGHT = 16;
const PLAINTEXT = new Uint8Array(32).fill(7);
const BITS = [2048, 3072, 4096] as const;

for (const bits of BITS) await openings(bits);
for (const keys of ['window', 'per-call'] as const) await calls(keys);

async function openings(bits: (typeof BITS)[number]): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const recipientSpki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const recipientId = recipientIdOf(recipientSpki);
  const envelope = sealEnvelope({ plaintext: PLAINTEXT, recipientSpki });
  const { encryptedKey } = parseEnvelope(envelope);
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;
  const opener = await createEnvelopeOpener({ privateKey, recipientId, slots: 4 });

  const cases: readonly BenchCase[] = [
    repeat('bare privateDecrypt', () => privateDecrypt({ key: privateKey, ...oaep }, encryptedKey)),
    repeat('openEnvelope', () => openEnvelope({ envelope, privateKey, recipientId }).dispose()),
    inFlight(1, opener, envelope),
    inFlight(IN_FLIGHT, opener, envelope),
  ];
  const timings = await measure(cases, ROUNDS);
  const [bare, synchronous, , pooled] = timings as [Timing, Timing, Timing, Timing];
  say(`RSA-${bits}`);
  for (const { name, wallMs, cpuMs } of timings) {
    const [wall, cpu] = [wallMs, cpuMs].map((ms) => `${(ms * 1000).toFixed(0)} µs`);
    const ratio = `${(wallMs / bare.wallMs).toFixed(3)} wall, ${(cpuMs / bare.cpuMs).toFixed(3)} CPU`;
    say(`  ${name.padEnd(34)} wall ${wall}, CPU ${cpu}: ${ratio} of bare`);
  }
  say(`  throughput of ${IN_FLIGHT} in flight: ${(synchronous.wallMs / pooled.wallMs).toFixed(2)}`);
}

function repeat(name: string, work: () => void): BenchCase {
  return {
    name,
    run(count) {
      for (let i = 0; i < count; i++) work();
    },
  };
}

function inFlight(together: number, opener: EnvelopeOpener, envelope: Uint8Array): BenchCase {
  return {
    name: `in the thread pool, ${together} in flight`,
    async run(count) {
      let left = count;
      const worker = async (): Promise<void> => {
        while (left-- > 0) (await opener.open(envelope)).dispose();
      };
      await Promise.all(Array.from({ length: together }, worker));
    },
  };
}

/** Calls over ten windows, or ten calls with a pause in which a key is made. */
async function calls(keys: 'window' | 'per-call'): Promise<void> {
  let time = 0;
  let publicKey = new Uint8Array(0);
  const ring = await createKeyRing({
    nsm: {
      async attest(asked) {
        publicKey = new Uint8Array(asked.publicKey ?? []);
        return publicKey;
      },
    },
    keyBits: 2048,
    keys,
    rotationSeconds: 60,
    documentSeconds: 60,
    spareKeys: 2,
    maxFailedOpenings: 3,
    monotonic: () => time,
    metrics: silentMetrics,
  });
  let made = 0;
  for (let round = 0; round < 10; round++) {
    while (ring.stats.spare === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const together = keys === 'window' ? IN_FLIGHT : 1;
    await Promise.all(
      Array.from({ length: together }, async () => {
        const lease = await ring.lease();
        const envelope = sealEnvelope({ plaintext: PLAINTEXT, recipientSpki: lease.document });
        (await lease.open(envelope)).dispose();
        lease.release();
        made += 1;
      }),
    );
    time += 60_000;
  }
  const { generated, waited } = ring.stats;
  ring.close();
  say(`keys ${keys}: ${made} calls, ${generated} keys made, ${waited} calls waited for one`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
