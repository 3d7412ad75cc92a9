// What root on the parent can do to the enclave's way to KMS and to its credentials, and what a KMS
// could answer: by library, endpoint and API. Nothing leaks, nothing hangs, every failure has a code,
// and what comes after is answered again.
import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sealEnvelope } from '../../shared/cms/index.ts';
import {
  createDevelopmentTlsCa,
  encodeCertificatePem,
  issueServerCertificate,
} from '../../shared/pki/index.ts';
import { binary } from '../support/built.ts';
import {
  type Answer,
  between,
  type ChangeAnswer,
  credentialsAnswer,
  type HostileScene,
  httpAnswer,
  type Members,
  sealTo,
  startHostileScene,
  tlsServer,
  WAYS,
  type Way,
} from '../support/hostile-parent.ts';
import { findLeaks, piecesOf } from '../support/leak-search.ts';
import { createTlsIdentity, type TlsIdentity } from '../support/tls.ts';

const now = () => Date.now();
const TIMEOUT_MS = 600;
/** Three attempts with their pauses, on a machine that has other things to do. */
const AT_MOST_MS = 10 * TIMEOUT_MS;

const ca = await createDevelopmentTlsCa({ now });
const roots = encodeCertificatePem(ca.certificate);
async function issue(hostName: string): Promise<TlsIdentity> {
  const names = { hostNames: [hostName], ipAddresses: [] };
  const { certificatePem: cert, privateKeyPem: key } = await issueServerCertificate({
    ...{ ca, now, ...names },
  });
  return { ca: roots, cert, key };
}
const right = await issue('localhost');
const ofAnotherCa = await createTlsIdentity('localhost');
const forAnotherHost = await issue('kms.us-east-1.amazonaws.com');

let scene: HostileScene;
beforeAll(async () => {
  scene = await startHostileScene({ roots, timeoutMs: TIMEOUT_MS });
  await behave();
  for (const way of WAYS) expect(await scene.ask(way)).toMatchObject({ code: 'ok' });
});
afterAll(() => scene?.close());

/** The parent forwards, and KMS answers. */
async function behave(): Promise<void> {
  await scene.setKms(scene.kms(right));
  await scene.setCredentials(credentialsAnswer());
}

/** All ways at once, each with its code; afterwards all of them are answered again. */
async function expectCodes(codes: Readonly<Record<Way, string | RegExp>>): Promise<void> {
  const outcomes = await Promise.all(WAYS.map((way) => scene.ask(way)));
  for (const [index, way] of WAYS.entries()) {
    const { code, milliseconds } = outcomes[index] ?? { code: 'none', milliseconds: 0 };
    expect(code, way).toMatch(typeof codes[way] === 'string' ? exactly(codes[way]) : codes[way]);
    expect(milliseconds, way).toBeLessThan(AT_MOST_MS);
  }
  await behave();
  for (const outcome of await Promise.all(WAYS.map((way) => scene.ask(way)))) {
    expect(outcome).toMatchObject({ code: 'ok' });
  }
}

const exactly = (text: string) => new RegExp(`^${text}$`);
const all = (code: string | RegExp) =>
  Object.fromEntries(WAYS.map((way) => [way, code])) as Record<Way, string | RegExp>;

describe('a server that is not KMS', () => {
  const answerOk: Answer = (request, response) => {
    request.resume();
    response.end('{}');
  };
  it.each<[string, () => TlsIdentity]>([
    ['for the right host, of another CA', () => ofAnotherCa],
    ['for another host, of the right CA', () => forAnotherHost],
    [
      'for the right host, of another CA that comes beside it',
      () => ({ ...ofAnotherCa, cert: `${ofAnotherCa.cert}\n${ofAnotherCa.ca}` }),
    ],
  ])('is refused with a certificate %s', async (_what, identity) => {
    await scene.setKms(tlsServer(identity(), answerOk));
    await expectCodes(all('TLS_REFUSED'));
  });

  it.each([
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
    ['AWS_ENDPOINT_URL', 'http://127.0.0.1:1'],
    ['AWS_ENDPOINT_URL_KMS', 'http://127.0.0.1:1'],
    ['AWS_CA_BUNDLE', '/nonexistent'],
    ['HTTPS_PROXY', 'http://127.0.0.1:1'],
    ['SSL_CERT_FILE', '/nonexistent'],
  ])('is refused with %s in the environment, too', async (name, value) => {
    vi.stubEnv(name, value);
    try {
      await scene.setKms(tlsServer(ofAnotherCa, answerOk));
      await expectCodes(all('TLS_REFUSED'));
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

/** Node itself trusts that other CA: as it does a hundred public ones. */
describe('a CA that Node trusts and the configuration does not', () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'nkb-'));
    writeFileSync(join(directory, 'roots.pem'), roots);
    writeFileSync(join(directory, 'other.pem'), ofAnotherCa.ca);
    env = {
      ...process.env,
      NODE_NO_WARNINGS: '1',
      NODE_EXTRA_CA_CERTS: join(directory, 'other.pem'),
    };
    const connected = tlsServer(ofAnotherCa, (request, response) => {
      request.resume();
      response.end('reached');
    });
    const server = createServer(connected).listen(join(directory, 'kms.sock'));
    const credentials = createServer(credentialsAnswer());
    credentials.listen(join(directory, 'credentials.sock'));
    server.unref();
    credentials.unref();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('does for a program that asks Node', async () => {
    const socketPath = JSON.stringify(join(directory, 'kms.sock'));
    const program = `https.get({ socketPath: ${socketPath}, host: 'localhost' }, (r) => r.pipe(process.stdout))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { env });
    expect(stdout).toBe('reached');
  });

  it('does not for the enclave', async () => {
    const config = join(directory, 'enclave.json');
    const at = (name: string) => join(directory, name);
    const pcrs = { 0: '5a'.repeat(48) };
    writeFileSync(
      config,
      JSON.stringify({
        profile: 'development',
        kms: {
          ...{ region: 'us-east-1', host: 'localhost' },
          ...{ proxy: `unix:${at('kms.sock')}`, tlsRoots: at('roots.pem') },
        },
        credentials: `unix:${at('credentials.sock')}`,
        nsm: { software: { rootDirectory: directory, instanceId: 'i-0a1b2c3d4e5f60718', pcrs } },
      }),
    );
    const child = spawn(process.execPath, [binary, 'enclave', '--config', config], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const exited = once(child, 'exit');
    try {
      for await (const line of createInterface({ input: child.stderr })) {
        const { check, ok, reason } = JSON.parse(line) as Record<string, unknown>;
        if (check !== 'self-test') continue;
        expect({ ok, reason }).toEqual({ ok: false, reason: 'TLS_REFUSED' });
        break;
      }
    } finally {
      child.kill();
      await exited;
    }
  });
});

describe('a parent that cuts or holds back', () => {
  const within =
    (bytes: number, then: (response: ServerResponse) => void): Answer =>
    (request, response) => {
      request.resume();
      response.writeHead(200, { 'Content-Length': 1000 });
      response.write('{'.padEnd(bytes));
      then(response);
    };
  const cut = (response: ServerResponse) => setImmediate(() => response.destroy());
  const stall = () => undefined;

  it.each<[string, string, Answer]>([
    ['cuts when the request has come', 'TRANSPORT_LOST', ({ socket }) => void socket.destroy()],
    ['cuts within the answer', 'TRANSPORT_LOST', within(10, cut)],
    ['cuts before the last byte', 'TRANSPORT_LOST', within(999, cut)],
    ['does not answer', 'TRANSPORT_TIMEOUT', (request) => void request.resume()],
    ['stalls within the answer', 'TRANSPORT_TIMEOUT', within(10, stall)],
    ['stalls before the last byte', 'TRANSPORT_TIMEOUT', within(999, stall)],
    [
      'answers a byte now and then',
      'TRANSPORT_TIMEOUT',
      within(1, (response) => {
        const drip = setInterval(() => response.write(' '), TIMEOUT_MS / 10);
        response.on('close', () => clearInterval(drip));
      }),
    ],
  ])('%s: %s', async (_what, code, answer) => {
    await scene.setKms(tlsServer(right, answer));
    await expectCodes(all(code));
  });

  it.each([0, 6, 600])('cuts after %i bytes of the handshake', async (limit) => {
    let passed = 0;
    await scene.setKms(
      between(scene.kms(right), (bytes, client) => {
        client.write(bytes.subarray(0, Math.max(0, limit - passed)));
        passed += bytes.length;
        if (passed >= limit) client.destroySoon();
      }),
    );
    await expectCodes(all('TLS_REFUSED'));
  });

  it.each([0, 6, 600])('stalls after %i bytes of the handshake', async (limit) => {
    const passed = new Map<object, number>();
    await scene.setKms(
      between(scene.kms(right), (bytes, client) => {
        const before = passed.get(client) ?? 0;
        client.write(bytes.subarray(0, Math.max(0, limit - before)));
        passed.set(client, before + bytes.length);
      }),
    );
    await expectCodes(all('TRANSPORT_TIMEOUT'));
  });

  it('gives the answer to one connection on another', async () => {
    const clients = new Set<{ write(bytes: Buffer): unknown }>();
    let crossed = false;
    await scene.setKms(
      between(scene.kms(right), (bytes, client) => {
        clients.add(client);
        const [other] = [...clients].filter((candidate) => candidate !== client);
        (crossed ? (other ?? client) : client).write(bytes);
      }),
    );
    // Each of the two clients of the enclave opens a connection.
    await Promise.all(WAYS.map((way) => scene.ask(way)));
    expect(clients.size).toBeGreaterThan(1);
    crossed = true;
    await expectCodes(all(/^(TRANSPORT_LOST|TRANSPORT_TIMEOUT|TLS_REFUSED)$/));
  });
});

/** Against these, TLS is the defence; and where it stands, the answers are still not believed. */
describe('an answer that is not to the question', () => {
  const another = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const sealedForAnother = Buffer.from(
    sealEnvelope({
      plaintext: new Uint8Array(32).fill(7),
      recipientSpki: new Uint8Array(another.publicKey.export({ format: 'der', type: 'spki' })),
    }),
  ).toString('base64');
  const inClear = { SharedSecret: Buffer.alloc(32, 7).toString('base64') };
  const without = (member: string) => (answer: Members) =>
    Object.fromEntries(Object.entries(answer).filter(([name]) => name !== member));
  const turnBit = (at: number) => (answer: Members) => {
    const bytes = Buffer.from(String(answer.CiphertextForRecipient), 'base64');
    const index = at < 0 ? bytes.length + at : at;
    bytes[index] = (bytes[index] ?? 0) ^ 1;
    return { ...answer, CiphertextForRecipient: bytes.toString('base64') };
  };

  it.each<[string, string | RegExp, ChangeAnswer]>([
    [
      'the secret in clear, beside the envelope',
      'KMS_PLAINTEXT_ANSWERED',
      (answer) => ({ ...answer, ...inClear }),
    ],
    [
      'the secret in clear, and no envelope',
      'KMS_PLAINTEXT_ANSWERED',
      (answer) => ({ ...without('CiphertextForRecipient')(answer), ...inClear }),
    ],
    ['no envelope', 'KMS_ENVELOPE_MISSING', without('CiphertextForRecipient')],
    [
      'the KeyId of another key',
      'KMS_OTHER_KEY',
      (answer) => ({ ...answer, KeyId: scene.otherKey }),
    ],
    ['no KeyId', 'KMS_OTHER_KEY', without('KeyId')],
    [
      'an envelope for another recipient',
      'UNWRAP_RECIPIENT',
      (answer) => ({ ...answer, CiphertextForRecipient: sealedForAnother }),
    ],
    ['an envelope with a bit turned in its recipient', 'UNWRAP_RECIPIENT', turnBit(40)],
    ['an envelope with a bit turned in its encrypted key', 'UNWRAP_FAILED', turnBit(200)],
    ['an envelope with a bit turned in its form', /^(ASN1|CMS)_/, turnBit(0)],
    [
      'half an envelope',
      /^(ASN1|CMS)_/,
      (answer) => {
        const text = String(answer.CiphertextForRecipient);
        return { ...answer, CiphertextForRecipient: text.slice(0, 400) };
      },
    ],
    ['an empty envelope', /^(ASN1|CMS)_/, (answer) => ({ ...answer, CiphertextForRecipient: '' })],
  ])('%s: %s', async (_what, code, change) => {
    await scene.setKms(scene.kms(right, change));
    await expectCodes(all(code));
  });

  it('a secret of another length', async () => {
    const shorter: ChangeAnswer = (answer, { Recipient }) => ({
      ...answer,
      CiphertextForRecipient: sealTo(Recipient, new Uint8Array(31)),
    });
    await scene.setKms(scene.kms(right, shorter));
    // The plugin and the endpoint answer as KMS does: only the broker knows what was to come.
    const { code } = await scene.ask('broker');
    expect(code).toBe('KMS_ANSWER_LENGTH');
    expect((await scene.ask('api')).code).toBe('KMS_ANSWER_LENGTH');
    await behave();
  });
});

describe('answers to other requests', () => {
  let perCall: HostileScene;
  beforeAll(async () => {
    perCall = await startHostileScene({
      ...{ roots, timeoutMs: 5 * TIMEOUT_MS },
      recipient: { keys: 'per-call', spareKeys: 4 },
    });
    await perCall.setCredentials(credentialsAnswer());
  });
  afterAll(() => perCall?.close());

  it('an envelope for a key that was used before opens with none after', async () => {
    let before: unknown;
    await perCall.setKms(
      perCall.kms(right, (answer) => {
        const CiphertextForRecipient = before ?? answer.CiphertextForRecipient;
        before = answer.CiphertextForRecipient;
        return { ...answer, CiphertextForRecipient };
      }),
    );
    expect(await perCall.ask('plugin')).toMatchObject({ code: 'ok' });
    for (const way of WAYS) {
      expect(await perCall.ask(way), way).toMatchObject({ code: 'UNWRAP_RECIPIENT' });
    }
  });

  it('answers that are swapped between two requests open with neither key', async () => {
    const waiting: ((envelope: unknown) => void)[] = [];
    const answers: Members[] = [];
    await perCall.setKms(
      perCall.kms(right, async (answer) => {
        answers.push(answer);
        const other = new Promise((resolve) => {
          waiting.push(resolve);
        });
        if (answers.length === 2) {
          for (const [index, resolve] of waiting.entries()) {
            resolve(answers[1 - index]?.CiphertextForRecipient);
          }
        }
        return { ...answer, CiphertextForRecipient: await other };
      }),
    );
    const outcomes = await Promise.all([perCall.ask('broker'), perCall.ask('endpoint')]);
    expect(outcomes.map(({ code }) => code)).toEqual(['UNWRAP_RECIPIENT', 'UNWRAP_RECIPIENT']);
  });
});

describe('a parent and its credentials', () => {
  /** KMS says once that the credentials which the enclave holds are withdrawn. */
  async function withdraw(): Promise<void> {
    const refusal = JSON.stringify({ __type: 'ExpiredTokenException', message: 'expired' });
    await scene.setKms(
      tlsServer(right, (request, response) => {
        request.resume();
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(refusal);
      }),
    );
    for (const way of WAYS) {
      expect((await scene.ask(way)).code, way).toBe('ExpiredTokenException');
    }
    await scene.setKms(scene.kms(right));
  }

  it('withdrawn ones are refused by KMS as they are, and others are asked for', async () => {
    await withdraw();
    await expectCodes(all('ok'));
  });

  const past = new Date(Date.now() - 60_000).toISOString();
  const UNAVAILABLE = 'PARENT_CREDENTIALS_UNAVAILABLE';
  it.each<[string, string | RegExp, Parameters<HostileScene['setCredentials']>[0]]>([
    ['hangs up', UNAVAILABLE, (socket) => void socket.destroy()],
    ['does not answer', UNAVAILABLE, (socket) => void socket.resume()],
    [
      'answers with an error',
      UNAVAILABLE,
      httpAnswer('HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'answers half',
      UNAVAILABLE,
      httpAnswer('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"AccessKeyId"'),
    ],
    [
      'answers without end',
      UNAVAILABLE,
      (socket) => void socket.write('HTTP/1.1 200 OK\r\n\r\n'.padEnd(100_000)),
    ],
    [
      'answers no credentials',
      UNAVAILABLE,
      httpAnswer('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'),
    ],
    [
      'answers what breaks headers',
      UNAVAILABLE,
      credentialsAnswer({ SecretAccessKey: 'a\r\nb: c' }),
    ],
    [
      'serves expired ones',
      'PARENT_CREDENTIALS_EXPIRED',
      credentialsAnswer({ Token: 'token', Expiration: past }),
    ],
    [
      'serves those of nobody',
      'UnrecognizedClientException',
      credentialsAnswer({ AccessKeyId: 'ASIAUNKNOWN' }),
    ],
    [
      'serves a wrong secret',
      'InvalidSignatureException',
      credentialsAnswer({ SecretAccessKey: 'other' }),
    ],
  ])('it %s: %s', async (_what, code, answer) => {
    await withdraw();
    await scene.setCredentials(answer);
    await expectAfterwards(all(code));
  });

  /** As expectCodes, for credentials that are held: KMS has to refuse those before others are asked for. */
  async function expectAfterwards(codes: Readonly<Record<Way, string | RegExp>>): Promise<void> {
    const outcomes = await Promise.all(WAYS.map((way) => scene.ask(way)));
    for (const [index, way] of WAYS.entries()) {
      expect(outcomes[index]?.code, way).toMatch(exactly(String(codes[way])));
      expect(outcomes[index]?.milliseconds, way).toBeLessThan(AT_MOST_MS);
    }
    await behave();
    await withdraw();
    await expectCodes(all('ok'));
  }

  it('ones that expire meanwhile are not used any more', async () => {
    await withdraw();
    const Expiration = new Date(Date.now() + 2000).toISOString();
    await scene.setCredentials(credentialsAnswer({ Expiration }));
    expect((await scene.ask('plugin')).code).toBe('ok');
    await scene.setCredentials((socket) => void socket.destroy());
    await vi.waitFor(
      async () => {
        for (const way of WAYS) expect((await scene.ask(way)).code).toBe(UNAVAILABLE);
      },
      { timeout: 10_000, interval: 200 },
    );
    await behave();
    await expectCodes(all('ok'));
  });
});

it('nothing of the secret was said in all of this: in errors, answers, log lines or metrics', async () => {
  const secret = { name: 'the shared secret', bytes: scene.secret };
  const derived = (await scene.ask('api')).secret ?? new Uint8Array();
  const needles = [secret, { name: 'the derived key', bytes: derived }].flatMap(piecesOf);
  const said = await scene.said();
  expect(said.length).toBeGreaterThan(100);
  expect(findLeaks(said, needles)).toEqual([]);
  expect((await scene.ask('plugin')).secret).toEqual(new Uint8Array(scene.secret));
});
