import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openNsmDevice } from '../../../../enclave/nsm/device/index.ts';
import { createVerifier, parseTrustAnchor } from '../../../../shared/attestation/index.ts';
import { createNodeEngine } from '../../../../shared/crypto/node.ts';
import {
  createNsmClient,
  encodeRequest,
  type Nsm,
  type NsmRequest,
} from '../../../../shared/nsm/index.ts';
import { deferred } from '../../../support/deferred.ts';
import { developmentNsm } from '../../../support/development-nsm.ts';
import {
  createNsmStandIn,
  nsmStandInAvailable,
  type StandInDevice,
} from '../../../support/nsm-stand-in/index.ts';
import { openFiles } from '../../../support/open-files.ts';

const DESCRIBE = encodeRequest({ command: 'DescribeNSM' });

async function open(device: StandInDevice, timeoutMs = 10_000): Promise<Nsm & { path: string }> {
  const { path } = await createNsmStandIn(device);
  const nsm = await openNsmDevice({ path, timeoutMs });
  onTestFinished(() => nsm.close());
  return { ...nsm, path };
}

async function openClient() {
  const { nsm: software, ...known } = await developmentNsm();
  const client = createNsmClient(await open((message) => software.request(message)));
  return { client, ...known };
}

describe.skipIf(!nsmStandInAvailable)('the device (on the stand-in: root and /dev/fuse)', () => {
  it('knows every command', async () => {
    const { client, moduleId, register, randomByte } = await openClient();
    expect(await client.describe()).toMatchObject({ moduleId, maxPcrs: 32 });
    expect(await client.describePcr(0)).toEqual({ lock: true, data: register });
    const extended = await client.extendPcr(16, Uint8Array.of(1, 2, 3));
    await client.lockPcr(16);
    expect(await client.describePcr(16)).toEqual({ lock: true, data: extended });
    await client.lockPcrs(18);
    expect(await client.describe()).toMatchObject({ lockedPcrs: expect.arrayContaining([16, 17]) });
    expect(await client.getRandom(600)).toEqual(new Uint8Array(600).fill(randomByte));
  });

  it('attests, in a document that the verifier trusts', async () => {
    const { client, root, register } = await openClient();
    const nonce = Uint8Array.of(7, 7, 7);
    // The largest request that there is.
    const full = new Uint8Array(1024).fill(3);
    const document = await client.attest({ nonce, userData: full, publicKey: full });
    const verifier = createVerifier({
      engine: createNodeEngine(),
      trustAnchors: [parseTrustAnchor(root.certificate)],
    });
    const report = await verifier.verify(document, {
      clock: { mode: 'historic' },
      measurements: { enclave: [new Map([[0, register]])] },
      nonce,
      debug: 'refused',
    });
    expect(report.failure).toBeUndefined();
    expect(report.verdict).toBe('trusted');
  });

  it('gives the errors of the module their codes', async () => {
    const { client, register } = await openClient();
    const refused = [
      [client.describePcr(32), 'NSM_INVALID_INDEX'],
      [client.extendPcr(15, register), 'NSM_READ_ONLY_INDEX'],
      [client.lockPcr(0), 'NSM_READ_ONLY_INDEX'],
      [client.lockPcrs(33), 'NSM_INVALID_INDEX'],
    ] as const;
    for (const [call, code] of refused) await expect(call).rejects.toMatchObject({ code });
  });

  it.each<NsmRequest>([
    { command: 'DescribeNSM' },
    { command: 'DescribePCR', index: 0 },
    { command: 'LockPCR', index: 3 },
    { command: 'GetRandom' },
  ])('passes on the bytes of $command as they are', async (request) => {
    const message = encodeRequest(request);
    const behind = await developmentNsm();
    const nsm = await open((bytes) => behind.nsm.request(bytes));
    const alone = await developmentNsm();
    expect(await nsm.request(message)).toEqual(await alone.nsm.request(message));
  });

  it('takes requests in the order in which they come, one at a time', async () => {
    let atDevice = 0;
    const order: number[] = [];
    const nsm = await open(async (message) => {
      atDevice += 1;
      expect(atDevice).toBe(1);
      order.push(message[0] ?? 0);
      await delay(1);
      atDevice -= 1;
      return message;
    });
    const bytes = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(bytes.map((byte) => nsm.request(Uint8Array.of(byte))));
    expect(order).toEqual(bytes);
  });

  it.each([
    ['EMSGSIZE', 'NSM_INPUT_TOO_LARGE'],
    ['ETIMEDOUT', 'NSM_TIMEOUT'],
    ['ENODEV', 'NSM_DEVICE_UNAVAILABLE'],
    ['EINVAL', 'NSM_DEVICE_FOREIGN'],
    ['ENOSPC', 'NSM_INTERNAL_ERROR'],
    ['EFAULT', 'NSM_INTERNAL_ERROR'],
  ] as const)("has a code for the driver's %s", async (errno, code) => {
    const nsm = await open(async () => ({ errno }));
    await expect(nsm.request(DESCRIBE)).rejects.toMatchObject({ code, details: { reason: errno } });
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['garbage', Uint8Array.of(0xff)],
    ['more than fits', new Uint8Array(0x4000)],
    ['the answer to another request', encodeRequest({ command: 'LockPCR', index: 1 })],
  ])('does not take %s for an answer', async (_what, response) => {
    const client = createNsmClient(await open(async () => response));
    await expect(client.describe()).rejects.toMatchObject({ code: 'NSM_INVALID_RESPONSE' });
  });

  it('gives up on a silent device, refuses what follows, and recovers when it answers', async () => {
    const silence = deferred<Uint8Array>();
    let asked = 0;
    const nsm = await open(() => {
      asked += 1;
      return asked === 1 ? silence.promise : Promise.resolve(Uint8Array.of(2));
    }, 100);
    await expect(nsm.request(DESCRIBE)).rejects.toMatchObject({
      code: 'NSM_TIMEOUT',
      details: { sent: true },
    });
    await expect(nsm.request(DESCRIBE)).rejects.toMatchObject({ code: 'NSM_STALLED' });
    silence.resolve(Uint8Array.of(1));
    await expect.poll(() => nsm.request(DESCRIBE).catch(() => undefined)).toEqual(Uint8Array.of(2));
    expect(asked).toBe(2);
  });

  it('ends a call whose driver goes away', async () => {
    const asked = deferred<void>();
    const standIn = await createNsmStandIn(() => {
      asked.resolve();
      return new Promise(() => undefined);
    });
    const nsm = await openNsmDevice({ path: standIn.path, timeoutMs: 10_000 });
    const call = expect(nsm.request(DESCRIBE)).rejects.toMatchObject({
      code: 'NSM_INTERNAL_ERROR',
    });
    await asked.promise;
    await standIn.kill();
    await call;
    nsm.close();
  });

  it('keeps the descriptor until the last call is back, and closes it then', async () => {
    const answer = deferred<Uint8Array>();
    const nsm = await open(() => answer.promise);
    const call = nsm.request(DESCRIBE);
    nsm.close();
    await expect(nsm.request(DESCRIBE)).rejects.toMatchObject({ code: 'NSM_CLOSED' });
    expect(openFiles()).toContain(nsm.path);
    answer.resolve(Uint8Array.of(1));
    expect(await call).toEqual(Uint8Array.of(1));
    await expect.poll(openFiles).not.toContain(nsm.path);
  });
});

describe('openNsmDevice', () => {
  it.each([
    ['nothing', '/nonexistent/nsm', 'NSM_DEVICE_UNAVAILABLE'],
    ['a path through a file', '/dev/null/nsm', 'NSM_DEVICE_UNAVAILABLE'],
    ['a directory', import.meta.dirname, 'NSM_DEVICE_FOREIGN'],
  ])('refuses %s', async (_what, path, code) => {
    await expect(openNsmDevice({ path, timeoutMs: 1000 })).rejects.toMatchObject({ code });
  });

  it.skipIf(process.platform !== 'linux').each([
    ['a device of another kind', '/dev/null'],
    ['a regular file', import.meta.filename],
  ])('has no answer from %s (needs Linux)', async (_what, path) => {
    const nsm = await openNsmDevice({ path, timeoutMs: 1000 });
    await expect(nsm.request(DESCRIBE)).rejects.toMatchObject({ code: 'NSM_DEVICE_FOREIGN' });
    nsm.close();
  });
});
