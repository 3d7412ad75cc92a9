import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  createEnclave,
  type Enclave,
  type EnclaveDependencies,
  parseEnclaveConfig,
} from '../../enclave/index.ts';
import { createSoftwareNsm } from '../../enclave/nsm/software/index.ts';
import { ReadinessError } from '../../shared/errors.ts';
import type { Nsm } from '../../shared/nsm/index.ts';
import { createDevelopmentNsmRoot } from '../../shared/pki/index.ts';
import { connect, formatAddress } from '../../shared/vsock/index.ts';
import { httpRequest } from '../support/http-request.ts';
import { recordLog } from '../support/log-recorder.ts';
import { createNsmStandIn, nsmStandInAvailable } from '../support/nsm-stand-in/index.ts';
import { openFiles } from '../support/open-files.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { createTlsIdentity } from '../support/tls.ts';
import { startUnixServer } from '../support/unix-server.ts';

const START = Date.UTC(2026, 4, 21, 12);
const inAnEnclave = { ensureLoopback: async () => {}, checkEntropySource: async () => {} };
const noEntropy = {
  ...inAnEnclave,
  async checkEntropySource() {
    throw new ReadinessError('READY_ENTROPY', 'expected nsm-hwrng, got virtio_rng.0');
  },
};
const noLoopback = {
  ...inAnEnclave,
  async ensureLoopback() {
    throw new ReadinessError('READY_LOOPBACK', 'lo cannot be brought up (EPERM)');
  },
};

async function create(
  config: object,
  dependencies: Partial<EnclaveDependencies> = {},
): Promise<{ enclave: Enclave; log: ReturnType<typeof recordLog> }> {
  const log = recordLog();
  const parsed = parseEnclaveConfig(
    JSON.stringify({
      kms: { region: 'us-east-1', proxy: 'unix:/nonexistent/proxy' },
      credentials: 'unix:/nonexistent/credentials',
      ...config,
    }),
  );
  const enclave = await createEnclave(parsed, {
    env: {},
    logger: log,
    now: () => START,
    monotonic: () => 0,
    random: () => 0,
    platform: inAnEnclave,
    ...dependencies,
  });
  onTestFinished(() => enclave.close());
  return { enclave, log };
}

const codesOf = ({ readiness }: Enclave) =>
  Object.fromEntries(
    readiness.report().checks.map(({ check, ok, code }) => [check, ok ? 'ok' : code]),
  );

async function softwareNsm(debug = false): Promise<Nsm> {
  return createSoftwareNsm({
    root: await createDevelopmentNsmRoot({ now: () => START }),
    region: 'us-east-1',
    instanceId: 'i-0123456789abcdef0',
    pcrs: { 0: randomBytes(48), 1: randomBytes(48), 2: randomBytes(48) },
    debug,
    now: () => START,
    randomBytes,
  });
}

const deviceOf = async (nsm: Nsm): Promise<string> =>
  (await createNsmStandIn((message) => nsm.request(message))).path;

describe.skipIf(!nsmStandInAvailable)('an enclave in production (root and /dev/fuse)', () => {
  it('comes up without its parent, and says what is missing', async () => {
    const device = await deviceOf(await softwareNsm());
    const { enclave } = await create({ nsm: { device } });
    expect(codesOf(enclave)).toMatchObject({
      loopback: 'ok',
      entropy: 'ok',
      document: 'ok',
      clock: 'ok',
      'self-test': 'READY_NOT_CHECKED',
    });
    await vi.waitFor(() => expect(codesOf(enclave).credentials).toBe('READY_CREDENTIALS'));
    expect(enclave.readiness.report().ready).toBe(false);
    const lease = await enclave.keyRing.lease();
    expect(Buffer.from(lease.document).includes('i-0123456789abcdef0')).toBe(true);
    lease.release();
  });

  it.each<[string, Partial<EnclaveDependencies>]>([
    ['CONFIG_ENVIRONMENT', { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }],
    ['READY_LOOPBACK', { platform: noLoopback }],
    ['READY_ENTROPY', { platform: noEntropy }],
    ['READY_CLOCK', { now: () => START + 2 * 3_600_000 }],
  ])('does not come up: %s', async (code, dependencies) => {
    const device = await deviceOf(await softwareNsm());
    await expect(create({ nsm: { device } }, dependencies)).rejects.toMatchObject({ code });
    expect(openFiles()).not.toContain(device);
  });

  it('does not come up in debug mode', async () => {
    const device = await deviceOf(await softwareNsm(true));
    await expect(create({ nsm: { device } })).rejects.toMatchObject({ code: 'READY_DEBUG_PCRS' });
  });

  it('does not come up with a secure module that gives no document', async () => {
    const nsm = await softwareNsm();
    const { path: device } = await createNsmStandIn((message) =>
      Buffer.from(message).includes('Attestation')
        ? Promise.resolve(Buffer.from('a1654572726f726d496e7465726e616c4572726f72', 'hex'))
        : nsm.request(message),
    );
    await expect(create({ nsm: { device } })).rejects.toMatchObject({
      code: 'READY_DOCUMENT',
      message: expect.stringContaining('NSM_INTERNAL_ERROR') as string,
    });
  });

  it('lets go of the device when it is closed', async () => {
    const device = await deviceOf(await softwareNsm());
    const { enclave } = await create({ nsm: { device } });
    expect(openFiles()).toContain(device);
    await enclave.close();
    expect(openFiles()).not.toContain(device);
  });

  it('lets go of all it had when something does not come up', async () => {
    const device = await deviceOf(await softwareNsm());
    const taken = join(temporaryDirectory(), 'taken');
    writeFileSync(taken, '');
    const credentialsFile = join(temporaryDirectory(), 'credentials');
    const config = {
      nsm: { device },
      parentApi: { listen: `unix:${join(temporaryDirectory(), 'api.sock')}` },
      callers: [{ name: 'app', uid: 0, credentialsFile }],
      endpoint: { listen: `unix:${taken}` },
    };
    await expect(create(config)).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_IN_USE' });
    expect(openFiles()).not.toContain(device);
    expect(() => writeFileSync(credentialsFile, '', { flag: 'wx' })).not.toThrow();
  });
});

describe('an enclave without a device', () => {
  it('does not come up', async () => {
    await expect(create({ nsm: { device: '/nonexistent/nsm' } })).rejects.toMatchObject({
      code: 'NSM_DEVICE_UNAVAILABLE',
    });
  });
});

describe('an enclave in development', () => {
  /** Credentials and a KMS behind TLS, both of which say what they are told to. */
  async function startParent() {
    const { ca, ...identity } = await createTlsIdentity('localhost');
    const directory = temporaryDirectory();
    const tlsRoots = join(directory, 'ca.pem');
    writeFileSync(tlsRoots, ca);
    const kms = createServer(identity, (request, response) => {
      request.resume();
      if (!held) refuse(response);
      else waiting.push(() => refuse(response));
    });
    const refuse = (response: ServerResponse) => {
      response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: 'AccessDeniedException', message: 'no' }));
    };
    const waiting: (() => void)[] = [];
    let held = false;
    const path = join(directory, 'kms.sock');
    kms.listen(path);
    await once(kms, 'listening');
    onTestFinished(() => {
      kms.closeAllConnections();
      kms.close();
    });
    let document: object = { AccessKeyId: 'ASIA1', SecretAccessKey: 'wJalrXUtnFEMI' };
    const credentials = await startUnixServer((socket) =>
      socket.once('data', () => {
        const body = JSON.stringify(document);
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }),
    );
    return {
      config: {
        profile: 'development',
        kms: { region: 'us-east-1', host: 'localhost', proxy: `unix:${path}`, tlsRoots },
        credentials: formatAddress(credentials),
        nsm: {
          software: { rootDirectory: directory, instanceId: 'i-0a1b2c3d4e5f60718', pcrs: {} },
        },
      },
      serve: (next: object) => {
        document = next;
      },
      hold: () => {
        held = true;
      },
      release: () => {
        for (const answer of waiting.splice(0)) answer();
      },
      waiting,
    };
  }
  const live = { now: Date.now, monotonic: () => performance.now() };

  it('is ready with credentials and self-test, whatever its entropy, which it tells', async () => {
    const { config } = await startParent();
    const options = { ...live, platform: noEntropy };
    const { enclave, log } = await create({ ...config, selfTest: { operation: 'none' } }, options);
    expect(await enclave.ready).toBe(true);
    expect(enclave.readiness.report()).toMatchObject({ ready: true, closing: false });
    expect(log.entries).toContainEqual(
      expect.objectContaining({
        event: 'entropy',
        fields: expect.objectContaining({ code: 'READY_ENTROPY' }) as object,
      }),
    );
  });

  it.each([
    ['READY_SELF_TEST', 'self-test', 'AccessDeniedException', {}],
    [
      'READY_CREDENTIALS',
      'credentials',
      'PARENT_CREDENTIALS_EXPIRED',
      { Token: 't', Expiration: '2020-01-01T00:00:00Z' },
    ],
  ])('is not ready, but alive: %s', async (code, check, reason, changes) => {
    const { config, serve } = await startParent();
    serve({ AccessKeyId: 'ASIA1', SecretAccessKey: 'wJalrXUtnFEMI', ...changes });
    const { enclave, log } = await create(config, live);
    await vi.waitFor(() =>
      expect(enclave.readiness.report().checks).toContainEqual(
        expect.objectContaining({ check, ok: false, code, reason }),
      ),
    );
    await enclave.close();
    expect(await enclave.ready).toBe(false);
    expect(JSON.stringify(log.entries)).not.toContain('wJalrXUtnFEMI');
  });

  it('becomes ready once the credentials are good', async () => {
    const { config, serve } = await startParent();
    serve({});
    const { enclave } = await create({ ...config, selfTest: { operation: 'none' } }, live);
    await vi.waitFor(() => expect(codesOf(enclave).credentials).toBe('READY_CREDENTIALS'));
    serve({ AccessKeyId: 'ASIA1', SecretAccessKey: 'wJalrXUtnFEMI' });
    expect(await enclave.ready).toBe(true);
  });

  it('drains: answers calls under way, takes no others, and then is gone', async () => {
    const { config, hold, release, waiting } = await startParent();
    const { enclave } = await create({ ...config, selfTest: { operation: 'none' } }, live);
    await enclave.ready;
    hold();
    const underWay = expect(enclave.broker.generateRandom({ bytes: 32 })).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    const closed = enclave.close();
    expect(enclave.readiness.report()).toMatchObject({ ready: false, closing: true });
    await expect(enclave.broker.generateRandom({ bytes: 32 })).rejects.toMatchObject({
      code: 'READY_CLOSING',
    });
    release();
    await underWay;
    await closed;
    await expect(enclave.keyRing.lease()).rejects.toMatchObject({ code: 'UNWRAP_RING_CLOSED' });
  });

  it('serves what it is told to, and nothing of it once it is closed', async () => {
    const { config } = await startParent();
    const directory = temporaryDirectory();
    const listen = (name: string) => ({ listen: `unix:${join(directory, name)}` });
    const { enclave } = await create(
      {
        ...config,
        selfTest: { operation: 'none' },
        endpoint: listen('endpoint.sock'),
        api: listen('api.sock'),
        parentApi: listen('parent.sock'),
      },
      live,
    );
    await enclave.ready;
    const { endpoint, api, parentApi } = enclave.services;
    if (!endpoint || !api || !parentApi) throw new Error('a service is not there');
    for (const address of [api, parentApi]) {
      const { body } = await httpRequest(address, '/readyz');
      expect(JSON.parse(body)).toMatchObject({ ready: true });
    }
    await enclave.close();
    for (const address of [endpoint, api, parentApi]) {
      await expect(connect(address, { timeoutMs: 1000 })).rejects.toMatchObject({
        code: expect.stringMatching(/^TRANSPORT_/) as string,
      });
    }
  });
});
