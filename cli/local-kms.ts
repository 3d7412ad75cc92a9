import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Seed } from '../local-kms/index.ts';
import { awsNitroEnclavesRootG1, parseTrustAnchor } from '../shared/attestation/index.ts';
import { ConfigError } from '../shared/errors.ts';
import { type Command, EnvironmentError, type ExitCode, UsageError } from './command.ts';
import { readFileBytes } from './input.ts';
import { parseOptions } from './options.ts';
import { parseTime } from './time.ts';

const DEFAULT_PORT = 4599;
const DEFAULT_LISTEN = '127.0.0.1';

const MAX_FILE_BYTES = 1_048_576;

const usage = `nitro-key-broker local-kms [--in-memory | --data DIR] [OPTIONS]

A KMS for development and tests that verifies attestation documents and enforces key policies.
Prints its endpoint on standard output when it answers; log lines go to standard error.
Exits 0 after SIGINT or SIGTERM, 3 if the port is busy or a file cannot be read.

Where keys are kept:
  --in-memory              nowhere: they are gone when the process ends (default)
  --data DIR               in DIR, encrypted under DIR/master.key; made if missing

  --export FILE            write what DIR has as a seed FILE, key material in the clear, and exit

Where it listens:
  --port N                 default ${DEFAULT_PORT}; 0 takes any free port
  --listen ADDRESS         default ${DEFAULT_LISTEN}
  --http                   plain HTTP instead of TLS
  --tls-dir DIR            where the development CA and NSM root are (default: --data DIR, or a
                           temporary directory)
  --tls-name NAME          a name for the certificate beside localhost; repeatable

Who and where it is:
  --region R               serve this region only (default: every region, each for itself)
  --account A              default 111122223333
  --seed FILE              principals, keys, aliases and faults, YAML or JSON (default: the account's
                           root, access key id and secret access key both "local", and nothing else)

Which attestation documents it accepts (default: those of the software NSM under the development
root, which is made where --tls-dir says):
  --trust-anchor FILE      a root certificate, PEM or DER; repeatable
  --trust-aws-root         the root of AWS Nitro Enclaves
  --attestation-clock TIME judge documents as if it were TIME (ISO 8601) at the start

What it writes down:
  --audit FILE             each call as a CloudTrail event, one line each
                           (default: DIR/audit.jsonl with --data DIR)
  --record DIR             each attested call as a fixture in DIR: document, request, envelope and verdict, never a
                           plaintext or a key

  --json                   the endpoint and the paths of the certificates as JSON`;

const options = {
  'in-memory': { type: 'boolean' },
  data: { type: 'string' },
  port: { type: 'string' },
  listen: { type: 'string' },
  http: { type: 'boolean' },
  'tls-dir': { type: 'string' },
  'tls-name': { type: 'string', multiple: true },
  region: { type: 'string' },
  account: { type: 'string' },
  seed: { type: 'string' },
  'trust-anchor': { type: 'string', multiple: true },
  'trust-aws-root': { type: 'boolean' },
  'attestation-clock': { type: 'string' },
  audit: { type: 'string' },
  record: { type: 'string' },
  export: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const localKmsCommand: Command = {
  name: 'local-kms',
  summary: 'run a local KMS that verifies attestation documents and enforces key policies',
  usage,
  async run(argv, io) {
    const { values } = parseOptions(
      () => parseArgs({ args: [...argv], options, allowPositionals: true }),
      0,
    );
    if (values.export !== undefined) return exportSeed(values.data, values.export);
    const anchors = await Promise.all(
      (values['trust-anchor'] ?? []).map(async (path) =>
        parseTrustAnchor(await readFileBytes(path, { maxBytes: MAX_FILE_BYTES })),
      ),
    );
    const trustAnchors = values['trust-aws-root'] ? [...anchors, awsNitroEnclavesRootG1] : anchors;
    const seed = values.seed === undefined ? undefined : await readSeed(values.seed);
    const { runLocalKms } = await import('../local-kms/main.ts');
    const { createRecorder } = await import('./fixtures/recorder.ts');
    await runLocalKms(
      {
        store: parseStore(values),
        listen: { host: values.listen ?? DEFAULT_LISTEN, port: parsePort(values.port) },
        transport: values.http ? 'http' : 'tls',
        authorities: values['tls-dir'],
        tlsNames: values['tls-name'] ?? [],
        region: parsePattern('--region', values.region, /^[a-z]{2}(?:-[a-z]+)+-\d$/),
        account: parsePattern('--account', values.account, /^\d{12}$/),
        seed,
        trustAnchors,
        audit:
          values.audit ??
          (values.data === undefined ? undefined : join(values.data, 'audit.jsonl')),
        attestationTime: parseAttestationClock(values['attestation-clock']),
        record:
          values.record === undefined
            ? undefined
            : createRecorder({ directory: values.record, trustAnchors }),
        now: io.now,
      },
      {
        onReady: ({ endpoint, ca, nsmRoot }) => {
          const line = values.json
            ? JSON.stringify({ endpoint, ca: ca ?? null, nsmRoot: nsmRoot ?? null })
            : endpoint;
          io.stdout.write(`${line}\n`);
        },
        onLine: (line) => {
          io.stderr.write(`${line}\n`);
        },
      },
    );
    return 0;
  },
};

async function exportSeed(data: string | undefined, path: string): Promise<ExitCode> {
  if (data === undefined) throw new UsageError('--export needs --data DIR');
  const { exportLocalKms } = await import('../local-kms/main.ts');
  try {
    await exportLocalKms(data, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof ConfigError || code === undefined) throw error;
    throw new EnvironmentError(`${path} cannot be written (${code})`);
  }
  return 0;
}

function parseStore(values: { readonly 'in-memory'?: boolean; readonly data?: string }) {
  const { 'in-memory': inMemory = false, data } = values;
  if (inMemory && data !== undefined) {
    throw new UsageError('--in-memory and --data contradict each other');
  }
  return data === undefined
    ? ({ kind: 'memory' } as const)
    : ({ kind: 'directory', directory: data } as const);
}

function parsePort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`--port: ${text} is no port`);
  return port;
}

function parsePattern(flag: string, text: string | undefined, form: RegExp): string | undefined {
  if (text !== undefined && !form.test(text)) throw new UsageError(`${flag}: ${text} is none`);
  return text;
}

function parseAttestationClock(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTime('--attestation-clock', text);
}

async function readSeed(path: string): Promise<Seed> {
  const { MAX_SEED_BYTES, parseSeed } = await import('../local-kms/index.ts');
  const bytes = await readFileBytes(path, { maxBytes: MAX_SEED_BYTES });
  return parseSeed(new TextDecoder().decode(bytes));
}
