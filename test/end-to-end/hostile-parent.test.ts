// Root on the parent has the whole way between the enclave and KMS. What it cannot have is a
// certificate for KMS's name below a trusted root.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { GenerateRandomCommand } from '@aws-sdk/client-kms';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Enclave } from '../../enclave/index.ts';
import { startLocalKms } from '../../local-kms/index.ts';
import { createVerifier, parseTrustAnchor } from '../../shared/attestation/node.ts';
import { sealEnvelope } from '../../shared/cms/index.ts';
import { silentLogger } from '../../shared/log.ts';
import {
  createDevelopmentTlsCa,
  encodeCertificatePem,
  issueServerCertificate,
  loadOrCreateDevelopmentNsmRoot,
} from '../../shared/pki/index.ts';
import { formatAddress } from '../../shared/vsock/index.ts';
import { createDevelopmentEnclave } from '../support/development-enclave.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createTlsIdentity, type TlsIdentity } from '../support/tls.ts';
import { startUnixServer } from '../support/unix-server.ts';

const FORGED = new TextEncoder().encode('a key that the parent knows too!');
const now = () => Date.now();

const ca = await createDevelopmentTlsCa({ now });
const roots = encodeCertificatePem(ca.certificate);
async function issue(hostName: string): Promise<TlsIdentity> {
  const { certificatePem: cert, privateKeyPem: key } = await issueServerCertificate({
    ca,
    hostNames: [hostName],
    ipAddresses: [],
    now,
  });
  return { ca: roots, cert, key };
}
const right = await issue('localhost');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A KMS of the parent's own: HTTPS on a Unix socket, with the certificate that it has. */
async function startForgedKms(identity: TlsIdentity, answer: Answer): Promise<string> {
  const server = createHttpsServer({ key: identity.key, cert: identity.cert }, answer);
  server.on('tlsClientError', () => undefined);
  const path = join(temporaryDirectory(), 'kms.sock');
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return path;
}

/** Serves credentials in the form that the enclave asks for. */
async function startCredentials(overrides: object = {}): Promise<string> {
  const body = JSON.stringify({ AccessKeyId: 'local', SecretAccessKey: 'local', ...overrides });
  const address = await startUnixServer((socket) =>
    socket.once('data', () =>
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    ),
  );
  return formatAddress(address);
}

async function createVictim(proxy: string, timeoutMs?: number) {
  const directory = temporaryDirectory();
  const tlsRoots = join(directory, 'roots.pem');
  writeFileSync(tlsRoots, roots);
  const enclave = await createDevelopmentEnclave({
    proxy: `unix:${proxy}`,
    credentials: await startCredentials(),
    tlsRoots,
    rootDirectory: directory,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return { enclave, directory };
}

/** What the parent is given for its attack: the recipient's public key, out of a document. */
async function recipientKeyOf(enclave: Enclave, directory: string): Promise<Uint8Array> {
  const root = await loadOrCreateDevelopmentNsmRoot({ directory, now });
  const verifier = createVerifier({ trustAnchors: [parseTrustAnchor(root.certificate)] });
  const { document } = await verifier.verify((await enclave.keyRing.lease()).document, {
    clock: { mode: 'live', now, maxAgeSeconds: 60, skewSeconds: 5 },
    measurements: { waived: 'only the key is wanted' },
    nonce: { waived: 'only the key is wanted' },
    debug: 'allowed',
  });
  if (document?.publicKey === undefined) throw new Error('the document carries no key');
  return document.publicKey;
}

const ask = (enclave: Enclave) =>
  enclave.kms.send(new GenerateRandomCommand({ NumberOfBytes: 32 }));

/** How the call ended, and how long it took. */
async function outcomeOf(enclave: Enclave) {
  const began = performance.now();
  const outcome = await ask(enclave).then(
    ({ Plaintext }) => ({ plaintext: Plaintext }),
    (error: unknown) => ({ error: error as Error & { code?: string } }),
  );
  return { ...outcome, milliseconds: performance.now() - began };
}

describe('a parent that seals its own answer to the right recipient key', () => {
  async function attack(identity: TlsIdentity) {
    let envelope: Uint8Array = new Uint8Array(0);
    let requests = 0;
    const proxy = await startForgedKms(identity, (request, response) => {
      requests += 1;
      request.resume();
      response.setHeader('Content-Type', 'application/x-amz-json-1.1');
      response.end(
        JSON.stringify({ CiphertextForRecipient: Buffer.from(envelope).toString('base64') }),
      );
    });
    const { enclave, directory } = await createVictim(proxy);
    const recipientSpki = await recipientKeyOf(enclave, directory);
    envelope = sealEnvelope({ plaintext: FORGED, recipientSpki });
    return { enclave, requests: () => requests, outcome: await outcomeOf(enclave) };
  }

  it('is believed with the right certificate: all that stands against it is TLS', async () => {
    const { outcome, requests } = await attack(right);
    expect(outcome).toMatchObject({ plaintext: FORGED });
    expect(requests()).toBe(1);
  });

  it.each<[string, () => Promise<TlsIdentity>]>([
    ['of another CA, for the right host', () => createTlsIdentity('localhost')],
    ['of the right CA, for another host', () => issue('kms.us-east-1.amazonaws.com')],
    ['of the right CA, for a host that ends in the right one', () => issue('x.localhost')],
    [
      'of another CA, with that CA beside it',
      async () => {
        const identity = await createTlsIdentity('localhost');
        return { ...identity, cert: `${identity.cert}\n${identity.ca}` };
      },
    ],
  ])('is refused with a certificate %s', async (_what, identity) => {
    const { outcome, requests } = await attack(await identity());
    expect(outcome).toMatchObject({ error: { code: 'TLS_REFUSED' } });
    expect(outcome).not.toHaveProperty('plaintext');
    // Neither did the attestation document get to the forger.
    expect(requests()).toBe(0);
  });
});

describe('a parent that cuts or holds back', () => {
  const answerOf =
    (bytes: number, then: (response: ServerResponse) => void): Answer =>
    (request, response) => {
      request.resume();
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{'.padEnd(bytes));
      then(response);
    };
  const stall = () => undefined;
  const cut = (response: ServerResponse) => setImmediate(() => response.destroy());
  const TIMEOUT_MS = 300;

  it.each<[string, string, Answer]>([
    [
      'cuts when the request has come',
      'TRANSPORT_LOST',
      (request) => void request.socket.destroy(),
    ],
    ['cuts within the answer', 'TRANSPORT_LOST', answerOf(10, cut)],
    ['cuts before the last byte', 'TRANSPORT_LOST', answerOf(999, cut)],
    ['does not answer', 'TRANSPORT_TIMEOUT', (request) => void request.resume()],
    ['stalls within the answer', 'TRANSPORT_TIMEOUT', answerOf(10, stall)],
    ['stalls before the last byte', 'TRANSPORT_TIMEOUT', answerOf(999, stall)],
  ])('%s: %s', async (_what, code, answer) => {
    const { enclave } = await createVictim(await startForgedKms(right, answer), TIMEOUT_MS);
    const outcome = await outcomeOf(enclave);
    expect(outcome).toMatchObject({ error: { code } });
    expect(outcome.milliseconds).toBeLessThan(10 * TIMEOUT_MS);
  });

  /** Passes bytes on to `target`; what the server says goes through `change`. */
  async function interfere(target: string, change: (chunk: Buffer, client: Socket) => void) {
    const address = await startUnixServer((client) => {
      const server = createConnection(target);
      server.on('error', () => undefined);
      client.pipe(server);
      server.on('data', (chunk) => change(chunk, client));
      client.on('close', () => server.destroy());
    });
    return formatAddress(address).replace('unix:', '');
  }

  const answerInFull: Answer = (request, response) => {
    request.resume();
    response.end('{}');
  };

  it('answers through the same way when nothing is changed', async () => {
    const kms = await startForgedKms(right, answerInFull);
    const { enclave } = await createVictim(await interfere(kms, (chunk, to) => to.write(chunk)));
    expect(await outcomeOf(enclave)).toMatchObject({ error: { code: 'KMS_ENVELOPE_MISSING' } });
  });

  it('turns one bit of the answer: TRANSPORT_LOST', async () => {
    let answering = false;
    const kms = await startForgedKms(right, (request, response) => {
      answering = true;
      answerInFull(request, response);
    });
    const proxy = await interfere(kms, (chunk, to) => {
      const last = chunk.length - 1;
      if (answering) chunk[last] = (chunk[last] ?? 0) ^ 1;
      to.write(chunk);
    });
    const { enclave } = await createVictim(proxy, TIMEOUT_MS);
    const outcome = await outcomeOf(enclave);
    expect(outcome).toMatchObject({ error: { code: 'TRANSPORT_LOST' } });
    expect(outcome.milliseconds).toBeLessThan(10 * TIMEOUT_MS);
  });

  it.each([0, 1, 6, 60, 600])('stalls after %i bytes of the handshake', async (limit) => {
    const kms = await startForgedKms(right, answerInFull);
    let passed = 0;
    const proxy = await interfere(kms, (chunk, to) => {
      to.write(chunk.subarray(0, Math.max(0, limit - passed)));
      passed += chunk.length;
    });
    const { enclave } = await createVictim(proxy, TIMEOUT_MS);
    const outcome = await outcomeOf(enclave);
    expect(outcome).toMatchObject({ error: { code: 'TRANSPORT_TIMEOUT' } });
    expect(outcome.milliseconds).toBeLessThan(10 * TIMEOUT_MS);
  });
});

describe('a parent that serves wrong credentials', () => {
  it.each([
    ['an unknown key id', 'UnrecognizedClientException', { AccessKeyId: 'ASIAUNKNOWN' }],
    ['another secret', 'InvalidSignatureException', { SecretAccessKey: 'other' }],
  ])("with %s gets KMS's own %s", async (_what, name, overrides) => {
    const directory = temporaryDirectory();
    const kms = await startLocalKms({
      store: { kind: 'memory' },
      listen: { host: '127.0.0.1', port: 0 },
      transport: { kind: 'tls', caDirectory: directory, names: [] },
      trustAnchors: [],
      now,
      randomBytes,
      logger: silentLogger,
    });
    onTestFinished(() => kms.close());
    const enclave = await createDevelopmentEnclave({
      proxy: `tcp://${new URL(kms.endpoint).host}`,
      credentials: await startCredentials(overrides),
      tlsRoots: join(directory, 'tls-ca.pem'),
    });
    expect(await outcomeOf(enclave)).toMatchObject({ error: { name } });
  });
});
