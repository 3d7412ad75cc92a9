import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  KMSClient,
  type KMSClientConfig,
} from '@aws-sdk/client-kms';
import { type Callers, createCallers } from '../../enclave/callers/index.ts';
import { type EnclaveConfig, parseEnclaveConfig } from '../../enclave/config.ts';
import {
  type Endpoint,
  type EndpointOptions,
  startEndpoint,
} from '../../enclave/endpoint/index.ts';
import { createSignedKmsClient, type SignedKmsClient, TlsAgent } from '../../enclave/kms/index.ts';
import { type EnclaveMetrics, silentMetrics } from '../../enclave/metrics.ts';
import type { RecipientKeyRing } from '../../enclave/recipient/index.ts';
import type { LocalKms } from '../../local-kms/index.ts';
import { type Address, parseAddress } from '../../shared/vsock/index.ts';
import { anchorOf, createTestEnclave, createTestRoot } from './attested-recipient.ts';
import { createTestKeyRing } from './key-ring.ts';
import { createTestClient, startTestKms } from './local-kms.ts';
import { type LogRecorder, recordLog } from './log-recorder.ts';

export const REGION = 'us-east-1';

/** The ARNs of keys that a configuration can name. */
export interface SceneKeys {
  readonly data: string;
  readonly other: string;
  readonly agreement: string;
  readonly signing: string;
}

/** A local KMS behind TLS, and what an enclave's endpoint needs beside it, in this process. */
export interface EndpointScene {
  readonly local: LocalKms;
  /** As root of the account, without an enclave. */
  readonly direct: KMSClient;
  readonly keys: SceneKeys;
  readonly keyRing: RecipientKeyRing;
  readonly kms: SignedKmsClient;
  close(): Promise<void>;
}

export async function startEndpointScene(
  options: { readonly metrics?: EnclaveMetrics } = {},
): Promise<EndpointScene> {
  const root = await createTestRoot();
  const { nsm } = createTestEnclave({ root, pcrs: { 0: randomBytes(48) } });
  const local = await startTestKms({ transport: { kind: 'tls' }, trustAnchors: [anchorOf(root)] });
  const agent = new TlsAgent({
    proxy: { kind: 'tcp', host: '127.0.0.1', port: local.port },
    host: 'localhost',
    roots: [local.caPem ?? ''],
    timeoutMs: 5000,
  });
  const direct = createTestClient(local, { requestHandler: { httpsAgent: agent } });
  const create = async (input: CreateKeyCommandInput): Promise<string> => {
    const { KeyMetadata } = await direct.send(new CreateKeyCommand(input));
    return KeyMetadata?.Arn ?? '';
  };
  const keys = {
    data: await create({}),
    other: await create({}),
    agreement: await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' }),
    signing: await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
  };
  const keyRing = await createTestKeyRing({ nsm });
  const kms = createSignedKmsClient({
    host: 'localhost',
    region: REGION,
    agent,
    credentials: {
      current: async () => LOCAL_CREDENTIALS,
      discard() {},
    },
    clock: Date.now,
    monotonic: () => performance.now(),
    timeoutMs: 5000,
    random: () => 0,
    metrics: options.metrics ?? silentMetrics,
  });
  return {
    local,
    direct,
    keys,
    keyRing,
    kms,
    async close() {
      keyRing.close();
      direct.destroy();
      agent.destroy();
      await local.close();
    },
  };
}

const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

/** A configuration for an endpoint; what it does not say has no part in the test. */
export function endpointConfig(parts: object): EnclaveConfig {
  return parseEnclaveConfig(
    JSON.stringify({
      profile: 'development',
      kms: { region: REGION, host: 'localhost', proxy: 'unix:/run/proxy.sock' },
      credentials: 'unix:/run/credentials.sock',
      ...parts,
    }),
  );
}

/** An endpoint with callers of its own. */
export interface RunningEndpoint {
  readonly endpoint: Endpoint;
  readonly callers: Callers;
  readonly log: LogRecorder;
  /** The AWS SDK's own client, with the credentials file of a caller. */
  client(caller: string, overrides?: KMSClientConfig): KMSClient;
  close(): Promise<void>;
}

export async function runEndpoint(
  scene: Pick<EndpointScene, 'kms' | 'keyRing'>,
  config: EnclaveConfig,
  overrides: Partial<EndpointOptions> = {},
): Promise<RunningEndpoint> {
  const { clock = Date.now } = overrides;
  const callers = await createCallers({ config, randomBytes, now: clock });
  const log = recordLog();
  const endpoint = await startEndpoint({
    listen: parseAddress('tcp://127.0.0.1:0'),
    maxConcurrent: 16,
    keys: config.keys,
    callers,
    kms: scene.kms,
    keyRing: scene.keyRing,
    metrics: silentMetrics,
    logger: log,
    clock,
    monotonic: () => performance.now(),
    ...overrides,
  });
  const clients: KMSClient[] = [];
  return {
    endpoint,
    callers,
    log,
    client(name, clientOptions = {}) {
      const client = new KMSClient({
        region: REGION,
        endpoint: urlOf(endpoint.address),
        credentials: readCredentials(config, name),
        maxAttempts: 1,
        ...clientOptions,
      });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      await endpoint.close();
      await callers.close();
    },
  };
}

/** What a caller reads in its file. */
export function readCredentials(
  { callers }: EnclaveConfig,
  name: string,
): { readonly accessKeyId: string; readonly secretAccessKey: string } {
  const caller = callers.find((candidate) => candidate.name === name);
  const text = readFileSync(caller?.credentialsFile ?? '', 'utf8');
  const value = (member: string) => new RegExp(`^${member} = (.+)$`, 'm').exec(text)?.[1] ?? '';
  return {
    accessKeyId: value('aws_access_key_id'),
    secretAccessKey: value('aws_secret_access_key'),
  };
}

/** A caller of this process's user. */
export function callerConfig(directory: string, name: string, parts: object): object {
  const credentialsFile = join(directory, `${name}.credentials`);
  return { name, uid: process.getuid?.() ?? 0, credentialsFile, ...parts };
}

function urlOf(address: Address): string {
  return address.kind === 'tcp' ? `http://${address.host}:${address.port}` : 'http://localhost';
}
