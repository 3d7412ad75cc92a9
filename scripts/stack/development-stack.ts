import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient, type KMSClientConfig } from '@aws-sdk/client-kms';
import type { DecisionRecord } from '../../local-kms/index.ts';
import { loadOrCreateDevelopmentNsmRoot } from '../../shared/pki/index.ts';
import { type Child, type OutputLine, startChild } from './child.ts';
import { fetchDecision } from './decision.ts';
import {
  ACCOUNT,
  ADMINISTRATOR,
  createParentCredentials,
  createSeed,
  INSTANCE_ID,
  type MeasuredRegisters,
  measureApplication,
  type ParentCredentials,
  REGION,
} from './identity.ts';

const dist = join(import.meta.dirname, '..', '..');
/** The product's own command line, that ends with this process. */
const command = [
  ...['--import', join(import.meta.dirname, 'stop-with-stdin.js')],
  join(dist, 'cli', 'main.js'),
];
const application = join(dist, 'scripts', 'main-job', 'application.js');

export interface DevelopmentStackOptions {
  /** Kept if given; otherwise a temporary one, removed at the end. */
  readonly directory?: string;
  /** Port of the local KMS; any free one if not given. */
  readonly port?: number;
  /** Where the local KMS writes each attested call as a fixture. */
  readonly record?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly onLine: (line: OutputLine) => void;
  /** Aborted to stop every process of the stack, while it comes up or later. */
  readonly signal?: AbortSignal;
  /** Tests listen in on the way between enclave and parent: each gets the parent's address. */
  readonly interpose?: {
    readonly kms: (parent: string) => Promise<string>;
    readonly credentials: (parent: string) => Promise<string>;
  };
}

/** What differs from one enclave of the stack to another. */
export interface EnclaveVariant {
  readonly name: string;
  readonly registers: MeasuredRegisters;
  readonly debug: boolean;
}

/** Local KMS and parent as processes of their own, and enclaves as they are asked for. */
export interface DevelopmentStack {
  readonly directory: string;
  readonly endpoint: string;
  readonly caFile: string;
  readonly nsmRootFile: string;
  /** What the enclave application of this build measures to. */
  readonly registers: MeasuredRegisters;
  readonly parentCredentials: ParentCredentials;
  /** The account's administrator, straight to the local KMS. */
  readonly administrator: KMSClient;
  /** The parent's role without an enclave: what root on the parent could try. */
  readonly parentRole: KMSClient;
  startEnclave(variant: EnclaveVariant): Promise<Child>;
  /** Why the local KMS decided as it did: what a client is not told. */
  decision(requestId: string): Promise<DecisionRecord>;
  stop(): Promise<void>;
}

/** @throws {ChildFailure} if a process does not come up, with what it said. */
export async function startDevelopmentStack(
  options: DevelopmentStackOptions,
): Promise<DevelopmentStack> {
  const starting: Array<Promise<Child>> = [];
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(options.signal ? [options.signal] : [])]);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'nitro-key-broker-')));
  const stop = async (): Promise<void> => {
    stopping.abort();
    const children = await Promise.allSettled(starting);
    await Promise.all(children.map((child) => child.status === 'fulfilled' && child.value.stop()));
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  const start = (name: string, args: readonly string[]): Promise<Child> => {
    const { env, onLine } = options;
    const child = startChild({ name, args, env, onLine, signal });
    starting.push(child);
    return child;
  };
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await bringUp({ ...options, directory }, start, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  options: DevelopmentStackOptions & { readonly directory: string },
  start: (name: string, args: readonly string[]) => Promise<Child>,
  stop: () => Promise<void>,
): Promise<DevelopmentStack> {
  const { directory } = options;
  const file = (name: string) => join(directory, name);
  const parentCredentials = createParentCredentials(options.now());
  await loadOrCreateDevelopmentNsmRoot({ directory, now: options.now });
  const nsmRootFile = file('nsm-root.pem');

  await writePrivate(file('seed.json'), createSeed(parentCredentials));
  const localKms = await start('local-kms', [
    ...[...command, 'local-kms', '--json', '--port', String(options.port ?? 0)],
    ...['--data', file('kms'), '--tls-dir', directory, '--seed', file('seed.json')],
    ...['--region', REGION, '--account', ACCOUNT, '--trust-anchor', nsmRootFile],
    ...(options.record === undefined ? [] : ['--record', options.record]),
  ]);
  const { endpoint, ca: caFile } = JSON.parse(localKms.ready) as { endpoint: string; ca: string };
  const url = new URL(endpoint);

  await writePrivate(file('credentials.json'), parentCredentials);
  const remote = { host: url.hostname, port: Number(url.port) };
  await writePrivate(file('parent.json'), {
    proxy: [{ listen: `unix:${file('kms.sock')}`, remote }],
    allowlist: [{ address: remote.host, port: remote.port }],
    credentials: {
      listen: `unix:${file('credentials.sock')}`,
      source: { kind: 'static', file: file('credentials.json') },
    },
  });
  await start('parent', [...command, 'parent', '--config', file('parent.json')]);

  const { interpose } = options;
  const kmsAddress = `unix:${file('kms.sock')}`;
  const credentialsAddress = `unix:${file('credentials.sock')}`;
  const proxy = interpose ? await interpose.kms(kmsAddress) : kmsAddress;
  const credentials = interpose
    ? await interpose.credentials(credentialsAddress)
    : credentialsAddress;

  const ca = await readFile(caFile, 'utf8');
  const client = (identity: NonNullable<KMSClientConfig['credentials']>) =>
    new KMSClient({
      region: REGION,
      endpoint,
      credentials: identity,
      requestHandler: { httpsAgent: { ca } },
    });
  return {
    directory,
    endpoint,
    caFile,
    nsmRootFile,
    registers: measureApplication(await readFile(application)),
    parentCredentials,
    administrator: client(ADMINISTRATOR),
    parentRole: client({
      accessKeyId: parentCredentials.AccessKeyId,
      secretAccessKey: parentCredentials.SecretAccessKey,
      sessionToken: parentCredentials.Token,
    }),
    async startEnclave({ name, registers, debug }) {
      const config = {
        profile: 'development',
        kms: { region: REGION, host: 'localhost', proxy, tlsRoots: caFile },
        credentials,
        nsm: {
          software: { rootDirectory: directory, instanceId: INSTANCE_ID, pcrs: registers, debug },
        },
      };
      await writePrivate(file(`${name}.json`), config);
      return start(name, [application, '--config', file(`${name}.json`)]);
    },
    decision: (requestId) => fetchDecision({ endpoint, ca, requestId }),
    stop,
  };
}

/** Readable by its owner only: some of these files hold credentials. */
async function writePrivate(path: string, content: object): Promise<void> {
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}
