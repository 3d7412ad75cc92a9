// Attested calls through the plugin and the endpoint, beside the AWS SDK's plain client on the same
// local KMS, which is a process of its own; and how the process of an enclave starts.
//   npm run build && node dist/bench/broker.js
import { Buffer } from 'node:buffer';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { isRecipientOperation, signRequest } from '../shared/kms/index.ts';
import {
  type BrokerClient,
  type BrokerCounts,
  type BrokerOperation,
  type BrokerOrder,
  type BrokerReady,
  type BrokerScene,
  membersOf,
  OPERATIONS,
  REGION,
  startBrokerKms,
  type Watched,
} from './broker-scene.ts';
import { createKeepAlive } from './keep-alive.ts';
import { median } from './measure.ts';
import { measureStart } from './start-up.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const WINDOW_MS = Number(process.env.BENCH_WINDOW_MS ?? 600);
const TOGETHER = [1, 16, 64] as const;

const CLIENTS: Readonly<Record<BrokerClient, string>> = {
  sdk: "the AWS SDK's client, plain",
  plugin: "the AWS SDK's client, attested",
  signed: 'requests signed here, plain',
  attested: 'requests signed here, attested',
  endpoint: 'the endpoint',
};

interface Row {
  readonly client: BrokerClient;
  readonly operation: BrokerOperation;
  readonly together: number;
  readonly windows: Watched[];
}

const directory = mkdtempSync(join(tmpdir(), 'bench-broker-'));
const { scene, child: kms } = await startBrokerKms(directory);
const worker = fork(join(import.meta.dirname, 'broker-worker.js'));
try {
  worker.send(scene);
  const [ready] = (await once(worker, 'message')) as [BrokerReady];
  await run(ready);
  await printStart(scene);
} finally {
  worker.kill();
  kms.kill();
  rmSync(directory, { recursive: true });
}

async function run(ready: BrokerReady): Promise<void> {
  const rows: Row[] = OPERATIONS.flatMap((operation) =>
    TOGETHER.flatMap((together) =>
      clientsFor(operation).map((client) => ({
        ...{ client, operation, together },
        windows: [],
      })),
    ),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const { client, operation, together, windows } of rows) {
      windows.push(
        client === 'endpoint'
          ? await loadEndpoint(ready, operation, together)
          : await ask<Watched>({
              kind: 'calls',
              ...{ client, operation, together, milliseconds: WINDOW_MS },
            }),
      );
    }
  }
  print(rows, await ask<BrokerCounts>({ kind: 'counts' }));
}

function clientsFor(operation: BrokerOperation): readonly BrokerClient[] {
  const clients = Object.keys(CLIENTS) as BrokerClient[];
  if (isRecipientOperation(operation)) return clients;
  return clients.filter((client) => client !== 'plugin' && client !== 'attested');
}

async function ask<Answer>(order: BrokerOrder): Promise<Answer> {
  worker.send(order);
  const [answer] = await once(worker, 'message');
  return answer as Answer;
}

/** From this process, so that what the load costs to make is not counted for the endpoint. */
async function loadEndpoint(
  ready: BrokerReady,
  operation: BrokerOperation,
  together: number,
): Promise<Watched> {
  const request = signedRequest(ready, operation);
  const callers = Array.from({ length: together }, () => createKeepAlive(ready.endpointPort));
  await callers[0]?.send(request);
  await ask<object>({ kind: 'watch' });
  const until = performance.now() + WINDOW_MS;
  let count = 0;
  await Promise.all(
    callers.map(async (caller) => {
      while (performance.now() < until) {
        const { status } = await caller.send(request);
        if (status !== 200) throw new Error(`${operation}: HTTP status ${status}`);
        count += 1;
      }
      caller.close();
    }),
  );
  const watched = await ask<Watched>({ kind: 'end-watch' });
  return { ...watched, count };
}

function signedRequest(ready: BrokerReady, operation: BrokerOperation): Uint8Array {
  const body = Buffer.from(JSON.stringify(membersOf(operation, scene)));
  const headers = [
    ['host', `127.0.0.1:${ready.endpointPort}`],
    ['content-type', 'application/x-amz-json-1.1'],
    ['x-amz-target', `TrentService.${operation}`],
  ] as const;
  const signature = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers,
    body,
    credentials: ready,
    region: REGION,
    service: 'kms',
    now: Date.now(),
  });
  const lines = [...headers, ...Object.entries(signature), ['content-length', body.length]];
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${head}\r\n`), body]);
}

function print(rows: readonly Row[], { generated, waited, rsaMs }: BrokerCounts): void {
  console.log(`node ${process.version}, OpenSSL ${process.versions.openssl}, ${ROUNDS} rounds`);
  console.log(`one bare RSA-2048 private operation in the thread pool: ${rsaMs.toFixed(3)} ms CPU`);
  console.log('of the SDK: CPU beside its RSA operation, to that of the plain SDK in the same row');
  for (const operation of OPERATIONS) {
    console.log(`\n${operation.padEnd(40)}per second  CPU ms  of the SDK  loop p99 ms`);
    for (const row of rows.filter((candidate) => candidate.operation === operation)) {
      const plain = rows.find(
        ({ client, operation: other, together }) =>
          client === 'sdk' && other === operation && together === row.together,
      );
      const rsa = opensEnvelope(row) ? rsaMs : 0;
      const figures = [
        Math.max(...row.windows.map(({ count, milliseconds }) => (count * 1000) / milliseconds))
          .toFixed(0)
          .padStart(10),
        cpuOf(row).toFixed(3).padStart(7),
        ((cpuOf(row) - rsa) / cpuOf(plain ?? row)).toFixed(2).padStart(11),
        median(row.windows.map(({ delayP99 }) => delayP99))
          .toFixed(1)
          .padStart(12),
      ];
      console.log(
        `${String(row.together).padStart(3)}  ${CLIENTS[row.client].padEnd(35)}${figures.join(' ')}`,
      );
    }
  }
  console.log(`\nrecipient keys made: ${generated}, calls that waited for one: ${waited}`);
}

function opensEnvelope({ client, operation }: Row): boolean {
  return isRecipientOperation(operation) && client !== 'sdk' && client !== 'signed';
}

function cpuOf({ windows }: Row): number {
  return median(windows.map(({ cpuMs, count }) => cpuMs / count));
}

async function printStart(where: BrokerScene): Promise<void> {
  const starts = [];
  for (let round = 0; round < ROUNDS; round++) starts.push(await measureStart(where));
  const readyMs = starts.map((start) => start.readyMs);
  const [best, usual] = [Math.min(...readyMs), median(readyMs)];
  const memory = median(starts.map(({ residentMb }) => residentMb));
  console.log(
    `bundled process: ready after ${best.toFixed(0)} ms at best, ${usual.toFixed(0)} ms usually; ` +
      `${memory.toFixed(0)} MB resident; bundle ${((starts[0]?.bundleBytes ?? 0) / 1e6).toFixed(1)} MB`,
  );
}
