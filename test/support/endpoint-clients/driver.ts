import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** The members of a call or an answer, as JSON has them: bytes as base64. */
export type Members = Readonly<Record<string, unknown>>;

/** How a call ended. */
export type CallOutcome =
  | { readonly output: Members }
  | { readonly error: string; readonly message: string };

/** Makes calls of KMS as one caller, in a process of its own. */
export interface Driver {
  call(operation: string, input: Members): Promise<CallOutcome>;
  close(): void;
}

/** All that a program gets to know. */
export interface DriverOptions {
  readonly endpoint: string;
  readonly credentialsFile: string;
}

/** The members of KMS that are bytes. */
const BLOBS = [
  'CiphertextBlob',
  'Mac',
  'Message',
  'Plaintext',
  'PrivateKeyCiphertextBlob',
  'PrivateKeyPlaintext',
  'PublicKey',
  'SharedSecret',
  'Signature',
];

/** The AWS SDK for JavaScript. */
export function createSdkDriver(options: DriverOptions): Driver {
  return createLineDriver(process.execPath, 'aws-sdk.mjs', options);
}

export function createBoto3Driver(options: DriverOptions): Driver {
  return createLineDriver('python3', 'boto3_calls.py', options);
}

function createLineDriver(command: string, script: string, options: DriverOptions): Driver {
  const home = mkdtempSync(join(tmpdir(), 'nkb-'));
  const child: ChildProcess = spawn(
    command,
    [join(import.meta.dirname, script), JSON.stringify(BLOBS)],
    { env: environmentOf(options, home), stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const waiting: Array<(line: string) => void> = [];
  if (child.stdout === null || child.stdin === null) throw new Error('the pipes are missing');
  createInterface(child.stdout).on('line', (line) => waiting.shift()?.(line));
  const { stdin } = child;
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${script} ended`);
  });
  ended.catch(() => undefined);
  return {
    async call(operation, input) {
      const answer = new Promise<string>((resolve) => {
        waiting.push(resolve);
      });
      stdin.write(`${JSON.stringify({ operation, input })}\n`);
      return JSON.parse(await Promise.race([answer, ended])) as CallOutcome;
    },
    close() {
      stdin.end();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The `aws` command, a process for each call. */
export function createCliDriver(options: DriverOptions): Driver {
  const home = mkdtempSync(join(tmpdir(), 'nkb-'));
  const env = { ...environmentOf(options, home), AWS_DEFAULT_OUTPUT: 'json' };
  let files = 0;
  const argument = (name: string, value: unknown): readonly string[] => {
    if (!BLOBS.includes(name)) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return [`--${kebab(name)}`, text];
    }
    const path = join(home, `${files++}.bin`);
    writeFileSync(path, Buffer.from(String(value), 'base64'));
    return [`--${kebab(name)}`, `fileb://${path}`];
  };
  return {
    async call(operation, input) {
      const flags = Object.entries(input).flatMap(([name, value]) => argument(name, value));
      try {
        const args = ['kms', kebab(operation), ...flags];
        const { stdout } = await promisify(execFile)('aws', args, { env });
        return { output: JSON.parse(stdout) as Members };
      } catch (error) {
        const { stderr = '' } = error as { readonly stderr?: string };
        const said = /An error occurred \((\w+)\) when calling the \w+ operation: (.*)/s;
        const [, name, message = ''] = said.exec(stderr) ?? [];
        if (name === undefined) throw error;
        return { error: name, message: message.trim() };
      }
    },
    close: () => rmSync(home, { recursive: true, force: true }),
  };
}

function kebab(name: string): string {
  return name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
}

function environmentOf({ endpoint, credentialsFile }: DriverOptions, home: string) {
  return {
    PATH: process.env.PATH ?? '',
    // A person's own settings are not for a test.
    HOME: home,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_MAX_ATTEMPTS: '1',
    NODE_NO_WARNINGS: '1',
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
  };
}
