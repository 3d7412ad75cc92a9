// What bench/broker.ts and the processes that it starts tell each other.
import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateKeyCommand,
  type CreateKeyCommandInput,
  EncryptCommand,
  KMSClient,
} from '@aws-sdk/client-kms';

export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
export const REGION = 'us-east-1';

/** The last is no Recipient operation: the endpoint passes it on. */
export const OPERATIONS = [
  'GenerateDataKey',
  'DeriveSharedSecret',
  'Decrypt',
  'GenerateDataKeyWithoutPlaintext',
] as const;
export type BrokerOperation = (typeof OPERATIONS)[number];

/** What makes the calls. */
export type BrokerClient = 'sdk' | 'signed' | 'plugin' | 'attested' | 'endpoint';

/** Where the KMS is, and what it holds. */
export interface BrokerScene {
  readonly directory: string;
  readonly port: number;
  readonly caFile: string;
  readonly caPem: string;
  readonly dataKey: string;
  readonly agreementKey: string;
  /** Base64. */
  readonly ciphertext: string;
  readonly peerPublicKey: string;
}

export type BrokerOrder =
  | {
      readonly kind: 'calls';
      readonly client: Exclude<BrokerClient, 'endpoint'>;
      readonly operation: BrokerOperation;
      readonly together: number;
      readonly milliseconds: number;
    }
  /** To be watched while the load comes from outside. */
  | { readonly kind: 'watch' }
  | { readonly kind: 'end-watch' }
  | { readonly kind: 'counts' };

export interface Watched {
  readonly count: number;
  readonly milliseconds: number;
  readonly cpuMs: number;
  /** Delay of the event loop, milliseconds. */
  readonly delayP99: number;
}

export interface BrokerReady {
  readonly endpointPort: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface BrokerCounts {
  readonly generated: number;
  readonly waited: number;
  /** CPU of one bare RSA-2048 private operation in the thread pool, milliseconds. */
  readonly rsaMs: number;
}

/** The members of a call as JSON has them. */
export function membersOf(operation: BrokerOperation, scene: BrokerScene): Record<string, unknown> {
  switch (operation) {
    case 'GenerateDataKey':
    case 'GenerateDataKeyWithoutPlaintext':
      return { KeyId: scene.dataKey, NumberOfBytes: 32 };
    case 'Decrypt':
      return { KeyId: scene.dataKey, CiphertextBlob: scene.ciphertext };
    case 'DeriveSharedSecret':
      return {
        KeyId: scene.agreementKey,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: scene.peerPublicKey,
      };
  }
}

/** Starts a local KMS as a process, and makes what the calls need. */
export async function startBrokerKms(
  directory: string,
): Promise<{ readonly scene: BrokerScene; readonly child: ChildProcess }> {
  const cli = join(import.meta.dirname, '..', 'cli', 'main.js');
  const args = ['local-kms', '--in-memory', '--json', '--port', '0', '--tls-dir', directory];
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the local KMS does not start');
  });
  ended.catch(() => undefined);
  const ready = once(createInterface({ input: child.stdout }), 'line');
  const [line] = (await Promise.race([ready, ended])) as [string];
  const { endpoint, ca } = JSON.parse(line) as { endpoint: string; ca: string };
  const caPem = readFileSync(ca, 'utf8');
  const client = new KMSClient({
    endpoint,
    region: REGION,
    credentials: LOCAL_CREDENTIALS,
    requestHandler: { httpsAgent: { ca: caPem } },
  });
  const create = async (input: CreateKeyCommandInput) => {
    const { KeyMetadata } = await client.send(new CreateKeyCommand(input));
    return KeyMetadata?.Arn ?? '';
  };
  const dataKey = await create({});
  const agreementKey = await create({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
  const { CiphertextBlob = [] } = await client.send(
    new EncryptCommand({ KeyId: dataKey, Plaintext: new Uint8Array(32).fill(7) }),
  );
  client.destroy();
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    child,
    scene: {
      directory,
      port: Number(new URL(endpoint).port),
      caFile: ca,
      caPem,
      dataKey,
      agreementKey,
      ciphertext: Buffer.from(CiphertextBlob).toString('base64'),
      peerPublicKey: peer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    },
  };
}
