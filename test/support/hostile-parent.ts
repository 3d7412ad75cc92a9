import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  CreateKeyCommand,
  DeriveSharedSecretCommand,
  GetPublicKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { createEnclave, parseEnclaveConfig } from '../../enclave/index.ts';
import { parseAttestationDocument, parseTrustAnchor } from '../../shared/attestation/index.ts';
import { sealEnvelope } from '../../shared/cms/index.ts';
import { loadOrCreateDevelopmentNsmRoot } from '../../shared/pki/index.ts';
import { parseAddress } from '../../shared/vsock/index.ts';
import { askApi, signedHeaders } from './api.ts';
import { callerConfig, REGION, readCredentials } from './endpoint-scene.ts';
import type { Haystack } from './leak-search.ts';
import { createTestClient, startTestKms } from './local-kms.ts';
import { recordLog } from './log-recorder.ts';
import type { TlsIdentity } from './tls.ts';

/** How a program asks for a shared secret: by the library, the endpoint or the API. */
export type Way = 'plugin' | 'broker' | 'endpoint' | 'api';

export const WAYS: readonly Way[] = ['plugin', 'broker', 'endpoint', 'api'];

/** How a call ended. */
export interface Outcome {
  /** Of a failure: this product's, or the name of an exception of KMS. `ok` if there was none. */
  readonly code: string;
  /** What the one who asked has. */
  readonly secret?: Uint8Array;
  readonly milliseconds: number;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;
type Connected = (socket: Socket) => void;

/** An enclave with every interface, whose parent does what the test says. */
export interface HostileScene {
  /** What stands behind the address of KMS from now on. Connections from before are closed. */
  setKms(connected: Connected): Promise<void>;
  /** What stands where the parent serves credentials from now on. */
  setCredentials(connected: Connected): Promise<void>;
  /** KMS, behind TLS of a server that the enclave trusts: answers go through `change`. */
  kms(identity: TlsIdentity, change?: ChangeAnswer): Connected;
  ask(way: Way): Promise<Outcome>;
  /** What the two keys agree on: the secret that no failure may give away. */
  readonly secret: Uint8Array;
  /** ARNs. */
  readonly key: string;
  readonly otherKey: string;
  /** What came out of it so far, in errors, answers, log lines and metrics. */
  said(): Promise<readonly Haystack[]>;
  close(): Promise<void>;
}

/** An answer of KMS as JSON has it. */
export type Members = Readonly<Record<string, unknown>>;
export type ChangeAnswer = (
  answer: Members,
  request: Members,
) => Members | string | Promise<Members | string>;

export async function startHostileScene(options: {
  /** PEM of the root that the enclave trusts. */
  readonly roots: string;
  readonly timeoutMs: number;
  /** Of the configuration. */
  readonly recipient?: object;
}): Promise<HostileScene> {
  const directory = mkdtempSync(join(tmpdir(), 'nkb-'));
  const file = (name: string) => join(directory, name);
  const now = Date.now;
  const root = await loadOrCreateDevelopmentNsmRoot({ directory, now });
  const local = await startTestKms({ trustAnchors: [parseTrustAnchor(root.certificate)] });
  const direct = createTestClient(local);
  const create = async (): Promise<string> => {
    const spec = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' } as const;
    const { KeyMetadata } = await direct.send(new CreateKeyCommand(spec));
    return KeyMetadata?.Arn ?? '';
  };
  const [key, otherKey] = [await create(), await create()];
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { PublicKey = [] } = await direct.send(new GetPublicKeyCommand({ KeyId: key }));
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  const secret = diffieHellman({ privateKey: peer.privateKey, publicKey });
  const peerPublicKey = peer.publicKey.export({ format: 'der', type: 'spki' });

  writeFileSync(file('roots.pem'), options.roots);
  const operations = ['DeriveSharedSecret'];
  const config = parseEnclaveConfig(
    JSON.stringify({
      profile: 'development',
      kms: {
        ...{ region: REGION, host: 'localhost', timeoutMs: options.timeoutMs },
        ...{ proxy: `unix:${file('kms.sock')}`, tlsRoots: file('roots.pem') },
      },
      credentials: `unix:${file('credentials.sock')}`,
      nsm: {
        software: {
          rootDirectory: directory,
          instanceId: 'i-0a1b2c3d4e5f60718',
          pcrs: { 0: randomBytes(48).toString('hex') },
        },
      },
      recipient: { maxFailedOpenings: 1000, ...options.recipient },
      keys: { agreement: { arn: key, operations, keySpec: 'ECC_NIST_P256' } },
      callers: [
        callerConfig(directory, 'app', {
          permissions: [{ key: 'agreement', operations: [...operations, 'DeriveKey'] }],
        }),
      ],
      endpoint: { listen: `unix:${file('endpoint.sock')}` },
      api: { listen: `unix:${file('api.sock')}` },
      parentApi: { listen: `unix:${file('parent-api.sock')}` },
      selfTest: { operation: 'none' },
    }),
  );
  const kmsSwitch = await startSwitch(file('kms.sock'));
  const credentialsSwitch = await startSwitch(file('credentials.sock'));
  const log = recordLog();
  const monotonic = () => performance.now();
  const enclave = await createEnclave(config, {
    ...{ env: {}, logger: log, now, monotonic, random: () => 0 },
  });
  const credentials = readCredentials(config, 'app');
  const atEndpoint = new KMSClient({
    region: REGION,
    endpoint: 'http://localhost',
    credentials,
    maxAttempts: 1,
    requestHandler: {
      httpAgent: new Agent({ keepAlive: true, ...socketOf(file('endpoint.sock')) }),
    },
  });
  const said: Haystack[] = [];
  const command = () =>
    new DeriveSharedSecretCommand({
      KeyId: key,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: peerPublicKey,
    });

  const askBy: Readonly<Record<Way, () => Promise<Uint8Array>>> = {
    plugin: async () => (await enclave.kms.send(command())).SharedSecret ?? new Uint8Array(),
    async broker() {
      const shared = await enclave.broker.deriveSharedSecret({
        key: 'agreement',
        publicKey: peerPublicKey,
      });
      return shared.revealRawSecret((bytes) => Uint8Array.from(bytes));
    },
    endpoint: async () => (await atEndpoint.send(command())).SharedSecret ?? new Uint8Array(),
    async api() {
      const path = '/v1/derive-key';
      const field = Buffer.from('field').toString('base64');
      const body = {
        key: 'agreement',
        publicKey: peerPublicKey.toString('base64'),
        kdf: { kind: 'hkdf', hash: 'SHA-256' },
        fixedInfo: { algorithmId: field, partyU: field, partyV: field },
        lengthBytes: 32,
      };
      const headers = signedHeaders({ path, body, credentials, region: REGION });
      const address = parseAddress(`unix:${file('api.sock')}`);
      const { status, json, text } = await askApi(address, { path, body, headers });
      if (status === 200) return Buffer.from(String(json?.derivedKey), 'base64');
      throw Object.assign(new Error(text), { code: json?.code });
    },
  };

  return {
    ...{ secret, key, otherKey },
    setKms: kmsSwitch.set,
    setCredentials: credentialsSwitch.set,
    kms: (identity, change) => tlsServer(identity, forwardTo(local.port, change)),
    async ask(way) {
      const began = performance.now();
      try {
        const got = await askBy[way]();
        return { code: 'ok', secret: got, milliseconds: performance.now() - began };
      } catch (error) {
        said.push({ name: `an error of the ${way}`, bytes: describeAll(error) });
        return { code: codeOf(error), milliseconds: performance.now() - began };
      }
    },
    async said() {
      const address = parseAddress(`unix:${file('parent-api.sock')}`);
      const texts = await Promise.all(
        ['/metrics', '/readyz'].map(async (path) => (await askApi(address, { path })).text),
      );
      return [
        ...said,
        { name: 'metrics and readiness', bytes: Buffer.from(texts.join('\n')) },
        { name: 'the log', bytes: Buffer.from(JSON.stringify(log.entries)) },
      ];
    },
    async close() {
      // Whoever waits for the parent need not.
      await kmsSwitch.set((socket) => socket.destroy());
      await credentialsSwitch.set((socket) => socket.destroy());
      atEndpoint.destroy();
      await enclave.close();
      kmsSwitch.close();
      credentialsSwitch.close();
      direct.destroy();
      await local.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** An envelope, in base64, for whom a request names as its `Recipient`. */
export function sealTo(recipient: unknown, plaintext: Uint8Array): string {
  const { AttestationDocument } = recipient as { AttestationDocument: string };
  const document = parseAttestationDocument(Buffer.from(AttestationDocument, 'base64'));
  const recipientSpki = document.publicKey ?? new Uint8Array();
  return Buffer.from(sealEnvelope({ plaintext, recipientSpki })).toString('base64');
}

/** Credentials that the local KMS knows, unless `overrides` says otherwise. */
export function credentialsAnswer(overrides: object = {}): Connected {
  const body = JSON.stringify({ AccessKeyId: 'local', SecretAccessKey: 'local', ...overrides });
  return httpAnswer(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}

/** Says `text` to whoever says something first. */
export function httpAnswer(text: string): Connected {
  return (socket) => void socket.once('data', () => socket.end(text));
}

/** An HTTPS server for connections that come from elsewhere. */
export function tlsServer(identity: TlsIdentity, answer: Answer): Connected {
  const server = createHttpsServer({ key: identity.key, cert: identity.cert }, answer);
  server.on('tlsClientError', () => undefined);
  return (socket) => void server.emit('connection', socket);
}

/** A connection to a TLS server, of whose bytes the parent does with each what it wants. */
export function between(
  target: Connected,
  onServerBytes: (bytes: Buffer, client: Socket) => void,
): Connected {
  const path = join(mkdtempSync(join(tmpdir(), 'nkb-')), 'kms.sock');
  const server = createServer(target).listen(path);
  server.unref();
  return (client) => {
    const onward = createConnection(path);
    onward.on('error', () => undefined);
    client.on('data', (bytes) => onward.write(bytes));
    onward.on('data', (bytes) => onServerBytes(bytes, client));
    client.on('close', () => onward.destroy());
    onward.on('close', () => client.destroySoon());
  };
}

/** Has the local KMS answer, over plain HTTP: to its signature, a request is the same. */
function forwardTo(port: number, change: ChangeAnswer = (answer) => answer): Answer {
  return async (incoming, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of incoming) parts.push(part as Uint8Array);
    const body = Buffer.concat(parts);
    const forwarded = request({
      ...{ host: '127.0.0.1', port, method: 'POST', path: '/' },
      headers: incoming.headers,
      agent: false,
    });
    forwarded.end(body);
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    const answered: Uint8Array[] = [];
    for await (const part of answer) answered.push(part as Uint8Array);
    const text = Buffer.concat(answered).toString();
    const changed =
      answer.statusCode === 200 ? await change(JSON.parse(text), JSON.parse(String(body))) : text;
    response.writeHead(answer.statusCode ?? 500, {
      'content-type': 'application/x-amz-json-1.1',
    });
    response.end(typeof changed === 'string' ? changed : JSON.stringify(changed));
  };
}

interface Switch {
  /** Resolves when those who were connected have noticed. */
  set(connected: Connected): Promise<void>;
  close(): void;
}

const TURNS_TO_NOTICE = 10;

/** An address at which something else listens from one moment to the next. */
async function startSwitch(path: string): Promise<Switch> {
  const sockets = new Set<Socket>();
  let current: Connected = (socket) => void socket.destroy();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    current(socket);
  });
  server.listen(path);
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    async set(connected) {
      current = connected;
      cut();
      for (let turn = 0; turn < TURNS_TO_NOTICE; turn++) await setImmediate();
    },
    close() {
      cut();
      server.close();
    },
  };
}

function socketOf(socketPath: string): object {
  return { socketPath };
}

/** The endpoint gives this product's code in the message of an exception that KMS has. */
function codeOf(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name: string; message: string };
  if (typeof code === 'string') return code;
  return /^([A-Z][A-Z0-9_]+): /.exec(message)?.[1] ?? name;
}

function describeAll(error: unknown): Buffer {
  const { name, message, stack, cause } = error as Error;
  return Buffer.from(JSON.stringify({ ...(error as object), name, message, stack, cause }));
}
