import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  DisableKeyCommand,
  EnableKeyCommand,
} from '@aws-sdk/client-kms';
import { vi } from 'vitest';
import type { EnclaveConfig } from '../../enclave/config.ts';
import type { OutputLine } from '../../scripts/stack/child.ts';
import type { DevelopmentStack } from '../../scripts/stack/development-stack.ts';
import { ACCOUNT, REGION, ROLE_ARN } from '../../scripts/stack/identity.ts';
import { signRequest } from '../../shared/kms/index.ts';
import { type Address, parseAddress } from '../../shared/vsock/index.ts';
import { type ApiAnswer, askApi, signedHeaders } from './api.ts';
import { binary, startDevelopmentStack } from './built.ts';
import { readCredentials } from './endpoint-scene.ts';
import type { Haystack } from './leak-search.ts';
import { type Recorder, startRecorder } from './recorder.ts';

const CALLER = 'app';

/** The parent's role may do everything, with a document or without. */
const Policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`, ROLE_ARN] },
      Action: 'kms:*',
      Resource: '*',
    },
  ],
});

/**
 * Everything that there is, as processes: local KMS, parent, and an enclave with every interface. On
 * each way out of the enclave somebody listens in.
 */
export interface WholeEnclave {
  readonly stack: DevelopmentStack;
  /** ARNs. */
  readonly keys: { readonly data: string; readonly agreement: string };
  readonly api: Address;
  readonly parentApi: Address;
  readonly endpoint: Address;
  /** The process of the enclave. */
  readonly child: ChildProcess;
  /** Documents that came to KMS as `Recipient`. */
  recipientDocuments(): readonly Uint8Array[];
  /** A call at the endpoint, signed by the caller `app`: members as JSON has them. */
  call(operation: string, members: object): Promise<ApiAnswer>;
  /** A derivation at the broker API, signed by the caller `app`. */
  deriveKey(body: object): Promise<ApiAnswer>;
  /** What came over each interface so far, by direction, and every line that a process wrote. */
  captured(): readonly Haystack[];
  stop(): Promise<void>;
}

/**
 * Starts it. The self-test fails until `duringFailingSelfTest` is over.
 */
export async function startWholeEnclave(options: {
  readonly duringFailingSelfTest?: (enclave: { readonly parentApi: Address }) => Promise<void>;
}): Promise<WholeEnclave> {
  const directory = mkdtempSync(join(tmpdir(), 'nkb-'));
  const file = (name: string) => join(directory, name);
  const recorders = new Map<string, Recorder>();
  const listenIn = async (name: string, target: string): Promise<string> => {
    const recorder = await startRecorder(file(`listen-${name}.sock`), target);
    recorders.set(name, recorder);
    return recorder.address;
  };
  const lines: OutputLine[] = [];
  const record = file('attested-calls');
  const stack = await startDevelopmentStack({
    directory,
    env: process.env,
    now: Date.now,
    onLine: (line) => lines.push(line),
    record,
    interpose: {
      kms: (parent) => listenIn('kms', parent),
      credentials: (parent) => listenIn('credentials', parent),
    },
  });
  const create = async (input: CreateKeyCommandInput): Promise<string> => {
    const { KeyMetadata } = await stack.administrator.send(
      new CreateKeyCommand({ ...input, Policy }),
    );
    return KeyMetadata?.Arn ?? '';
  };
  const keys = {
    data: await create({}),
    agreement: await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }),
  };
  const log = await startLogTaker(file('logs.sock'));
  const services = {
    endpoint: await listenIn('endpoint', `unix:${file('endpoint.sock')}`),
    api: await listenIn('api', `unix:${file('api.sock')}`),
    parentApi: await listenIn('parent-api', `unix:${file('parent-api.sock')}`),
  };
  const addresses = {
    endpoint: parseAddress(services.endpoint),
    api: parseAddress(services.api),
    parentApi: parseAddress(services.parentApi),
  };
  const config = configOf(stack, {
    ...{ keys, kms: recorders.get('kms')?.address, log: `unix:${file('logs.sock')}` },
    credentials: recorders.get('credentials')?.address,
  });
  writeFileSync(file('enclave.json'), JSON.stringify(config), { mode: 0o600 });
  const { duringFailingSelfTest } = options;
  const selfTestKey = { KeyId: keys.data };
  if (duringFailingSelfTest) await stack.administrator.send(new DisableKeyCommand(selfTestKey));

  const child = spawn(process.execPath, [binary, 'enclave', '--config', file('enclave.json')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const ready = lineOf(child, lines, 'stdout', 'ready');
  const listening = lineOf(child, lines, 'stderr', 'enclave up');
  const early = exited.then(() => {
    throw new Error(`the enclave ended early: ${lines.at(-1)?.line}`);
  });
  early.catch(() => undefined);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await Promise.all([exited, stack.stop()]);
    for (const recorder of recorders.values()) recorder.close();
    log.close();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    if (duringFailingSelfTest) {
      await Promise.race([listening, early]);
      await Promise.race([untilSelfTestFails(addresses.parentApi), early]);
      await duringFailingSelfTest(addresses);
      await stack.administrator.send(new EnableKeyCommand(selfTestKey));
    }
    await Promise.race([ready, early]);
  } catch (error) {
    await stop();
    throw error;
  }

  const credentials = readCredentials(config as unknown as EnclaveConfig, CALLER);
  return {
    ...{ stack, keys, child, ...addresses },
    recipientDocuments: () =>
      readdirSync(record, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.cose'))
        .map((name) => new Uint8Array(readFileSync(join(record, name)))),
    call(operation, members) {
      const body = JSON.stringify(members);
      const headers = endpointHeaders(operation, body, credentials);
      return askApi(addresses.endpoint, { path: '/', body, headers });
    },
    deriveKey(body) {
      const path = '/v1/derive-key';
      const headers = signedHeaders({ path, body, credentials, region: REGION });
      return askApi(addresses.api, { path, body, headers });
    },
    captured: () => [
      ...[...recorders].flatMap(([name, recorder]) => [
        { name: `${name}, to the one that listens`, bytes: recorder.sent() },
        { name: `${name}, from the one that listens`, bytes: recorder.received() },
      ]),
      { name: 'the log towards the parent', bytes: log.bytes() },
      ...lines.map(({ process: from, stream, line }) => ({
        name: `${from} ${stream}: ${line.slice(0, 60)}`,
        bytes: Buffer.from(line),
      })),
      // What spans lines, as PEM does.
      { name: 'all lines', bytes: Buffer.from(lines.map(({ line }) => line).join('\n')) },
    ],
    stop,
  };
}

function configOf(
  { directory, caFile }: DevelopmentStack,
  parts: {
    readonly keys: WholeEnclave['keys'];
    readonly kms: string | undefined;
    readonly credentials: string | undefined;
    readonly log: string;
  },
) {
  const { keys, kms: proxy, credentials, log } = parts;
  const file = (name: string) => join(directory, name);
  const ofData = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyPair'];
  const ofAgreement = ['DeriveSharedSecret', 'GetPublicKey'];
  return {
    profile: 'development',
    kms: { region: REGION, host: 'localhost', proxy, tlsRoots: caFile },
    credentials,
    nsm: {
      software: {
        rootDirectory: directory,
        instanceId: 'i-0a1b2c3d4e5f60718',
        pcrs: { 0: '5a'.repeat(48) },
      },
    },
    keys: {
      data: { arn: keys.data, operations: ofData },
      agreement: { arn: keys.agreement, operations: ofAgreement, keySpec: 'ECC_NIST_P256' },
    },
    callers: [
      {
        name: CALLER,
        uid: process.getuid?.() ?? 0,
        credentialsFile: file('app.credentials'),
        generateRandom: true,
        permissions: [
          { key: 'data', operations: ofData },
          { key: 'agreement', operations: [...ofAgreement, 'DeriveKey'] },
        ],
      },
    ],
    endpoint: { listen: `unix:${file('endpoint.sock')}` },
    api: { listen: `unix:${file('api.sock')}` },
    parentApi: { listen: `unix:${file('parent-api.sock')}` },
    logs: { to: log },
    selfTest: { operation: 'GenerateDataKey', key: 'data' },
  };
}

/** Listening comes before the first self-test. */
function untilSelfTestFails(parentApi: Address): Promise<void> {
  return vi.waitFor(
    async () => {
      const { text } = await askApi(parentApi, { path: '/readyz' });
      if (!text.includes('READY_SELF_TEST')) throw new Error(`no failed self-test yet: ${text}`);
    },
    { timeout: 20_000, interval: 50 },
  );
}

/** Takes log lines as the parent does, but keeps them as they come. */
async function startLogTaker(path: string): Promise<{ bytes(): Uint8Array; close(): void }> {
  const parts: Buffer[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (part) => parts.push(part));
  });
  server.listen(path);
  await once(server, 'listening');
  return { bytes: () => Buffer.concat(parts), close: () => void server.close() };
}

/** Resolves when the process of the enclave says `event`; keeps all that it says. */
function lineOf(
  child: ChildProcess,
  lines: OutputLine[],
  stream: 'stdout' | 'stderr',
  event: string,
): Promise<void> {
  const from = child[stream];
  if (from === null) throw new Error('the pipes are missing');
  return new Promise((resolve) => {
    createInterface({ input: from }).on('line', (line) => {
      lines.push({ process: 'enclave', stream, line });
      if (line.includes(`"event":"${event}"`)) resolve();
    });
  });
}

function endpointHeaders(
  operation: string,
  body: string,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Readonly<Record<string, string>> {
  const headers: [string, string][] = [
    ['content-type', 'application/x-amz-json-1.1'],
    ['host', 'localhost'],
    ['x-amz-target', `TrentService.${operation}`],
  ];
  const signature = signRequest({
    method: 'POST',
    path: '/',
    query: '',
    headers,
    body: Buffer.from(body),
    credentials,
    region: REGION,
    service: 'kms',
    now: Date.now(),
  });
  return { ...Object.fromEntries(headers), ...signature };
}
