// The local KMS beside other local servers of the KMS API, and beside one bare P-384 verification (V).
//   npm run build && BENCH_LOCAL_KMS=/path/of/nsmithuk/local-kms node dist/bench/local-kms.js
import { Buffer } from 'node:buffer';
import { fork } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSoftwareNsm } from '../enclave/nsm/software/index.ts';
import { createNsmClient, type NsmClient } from '../shared/nsm/index.ts';
import { loadOrCreateDevelopmentNsmRoot } from '../shared/pki/index.ts';
import { bareVerification } from './bare-verification.ts';
import {
  attestedGenerateDataKey,
  generateDataKey,
  prepareSubject,
  REQUEST_CASES,
  type RequestCase,
  type Subject,
} from './local-kms-cases.ts';
import type { LoadOrder, LoadResult, LoadStream } from './local-kms-load.ts';
import { type BenchServer, startServers } from './local-kms-servers.ts';
import { measure, median } from './measure.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const WINDOW_MS = 1000;
const CALLERS = 8;

interface Window {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Of the server, for one request. */
  readonly cpuMs: number;
}

interface Row {
  readonly subject: Subject;
  readonly requestCase: RequestCase;
  readonly windows: Window[];
}

const directory = mkdtempSync(join(tmpdir(), 'bench-local-kms-'));
const load = fork(join(import.meta.dirname, 'local-kms-load.js'));
const servers = await startServers(directory, process.env.BENCH_LOCAL_KMS);
try {
  await run(await createNsm());
} finally {
  load.kill();
  for (const server of servers) await server.stop();
  rmSync(directory, { recursive: true });
}

async function run(nsm: NsmClient): Promise<void> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
  const streamOf = async (
    { operation, attested, members }: RequestCase,
    subject: Subject,
    callers = CALLERS,
  ): Promise<LoadStream> => {
    // One for each window: an enclave uses a document for a minute or so.
    const document = attested ? await nsm.attest({ publicKey: spki }) : undefined;
    const Recipient = document && {
      KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
      AttestationDocument: Buffer.from(document).toString('base64'),
    };
    return { operation, body: JSON.stringify({ ...members(subject), Recipient }), callers };
  };

  const rows: Row[] = [];
  for (const subject of await Promise.all(servers.map(prepareSubject))) {
    for (const requestCase of REQUEST_CASES) {
      const [trial] = await putLoad(subject.server, [await streamOf(requestCase, subject)]);
      if (isServed((trial as LoadResult).answer, requestCase, subject)) {
        rows.push({ subject, requestCase, windows: [] });
      }
    }
  }
  const own = rows[0]?.subject as Subject;
  const v: number[] = [];
  const probes = [generateDataKey, attestedGenerateDataKey].map((background) => ({
    background,
    p99: [] as number[],
  }));
  for (let round = 0; round < ROUNDS; round++) {
    const [bare] = await measure([bareVerification()], 5);
    v.push(bare?.cpuMs as number);
    for (const { requestCase, subject, windows } of rows) {
      windows.push(await measureWindow(subject.server, await streamOf(requestCase, subject)));
    }
    for (const { background, p99 } of probes) {
      const probe = await streamOf(generateDataKey, own, 1);
      const [probed] = await putLoad(own.server, [probe, await streamOf(background, own)]);
      p99.push(probed?.p99 as number);
    }
  }
  print(rows, median(v));
  for (const { background, p99 } of probes) {
    console.log(
      `p99 of GenerateDataKey beside ${CALLERS} callers of ${background.name}: ${median(p99).toFixed(2)} ms`,
    );
  }
}

async function createNsm(): Promise<NsmClient> {
  const root = await loadOrCreateDevelopmentNsmRoot({ directory, now: Date.now });
  return createNsmClient(
    createSoftwareNsm({
      root,
      region: 'us-east-1',
      instanceId: 'i-0123456789abcdef0',
      pcrs: { 0: randomBytes(48) },
      debug: false,
      now: Date.now,
      randomBytes,
    }),
  );
}

async function putLoad(
  { port }: BenchServer,
  streams: readonly LoadStream[],
): Promise<readonly LoadResult[]> {
  load.send({ port, milliseconds: WINDOW_MS, streams } satisfies LoadOrder);
  const [results] = await once(load, 'message');
  return results as readonly LoadResult[];
}

async function measureWindow(server: BenchServer, stream: LoadStream): Promise<Window> {
  const before = server.cpuMs();
  const [result] = await putLoad(server, [stream]);
  const { count, p50, p99 } = result as LoadResult;
  const perSecond = (count * 1000) / WINDOW_MS;
  return { perSecond, p50, p99, cpuMs: (server.cpuMs() - before) / count };
}

function isServed(
  { status, json }: LoadResult['answer'],
  { name, attested }: RequestCase,
  { server }: Subject,
): boolean {
  if (status !== 200) {
    console.log(`${server.name}: ${name}: not measured, it answers ${status}`);
  } else if (attested && !json.includes('CiphertextForRecipient')) {
    console.log(`${server.name}: ${name}: it ignores the Recipient and answers the plaintext`);
  }
  return status === 200;
}

function print(rows: readonly Row[], vMs: number): void {
  console.log(`\nnode ${process.version}, OpenSSL ${process.versions.openssl}, ${ROUNDS} rounds`);
  console.log(
    `${CALLERS} callers; best window of a second, medians of the others; V: ${vMs} ms CPU`,
  );
  console.log(
    `\n${'server'.padEnd(20)}${'request'.padEnd(34)}per second  p50 ms  p99 ms  CPU ms  CPU V`,
  );
  for (const { requestCase, subject, windows } of rows) {
    const cpuMs = median(windows.map((window) => window.cpuMs));
    const figures = [
      Math.max(...windows.map(({ perSecond }) => perSecond))
        .toFixed(0)
        .padStart(10),
      median(windows.map(({ p50 }) => p50))
        .toFixed(2)
        .padStart(7),
      median(windows.map(({ p99 }) => p99))
        .toFixed(2)
        .padStart(7),
      cpuMs.toFixed(3).padStart(7),
      (cpuMs / vMs).toFixed(2).padStart(6),
    ];
    console.log(subject.server.name.padEnd(20) + requestCase.name.padEnd(34) + figures.join(' '));
  }
}
