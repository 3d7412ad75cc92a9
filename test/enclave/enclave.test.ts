import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createEnclave, type Enclave, parseEnclaveConfig } from '../../enclave/index.ts';
import { silentLogger } from '../../shared/log.ts';
import type { Nsm } from '../../shared/nsm/index.ts';
import { developmentNsm } from '../support/development-nsm.ts';
import { createNsmStandIn, nsmStandInAvailable } from '../support/nsm-stand-in/index.ts';
import { openFiles } from '../support/open-files.ts';

function create(device: string, changes: { tlsRoots?: string } = {}): Promise<Enclave> {
  const config = parseEnclaveConfig(
    JSON.stringify({
      profile: changes.tlsRoots === undefined ? 'production' : 'development',
      kms: { region: 'us-east-1', proxy: 'unix:/nonexistent/proxy', ...changes },
      credentials: 'unix:/nonexistent/credentials',
      nsm: { device },
    }),
  );
  return createEnclave(config, {
    env: {},
    logger: silentLogger,
    now: () => 0,
    monotonic: () => 0,
  });
}

async function standInFor(nsm: Nsm): Promise<string> {
  return (await createNsmStandIn((message) => nsm.request(message))).path;
}

describe.skipIf(!nsmStandInAvailable)('an enclave on the device (root and /dev/fuse)', () => {
  it('comes up in production, and its documents are those of the device', async () => {
    const { nsm, moduleId } = await developmentNsm();
    const device = await standInFor(nsm);
    const enclave = await create(device);
    onTestFinished(() => enclave.close());
    const document = Buffer.from((await enclave.keyRing.lease()).document);
    expect(document.includes(moduleId)).toBe(true);
  });

  it('lets go of the device when it is closed', async () => {
    const device = await standInFor((await developmentNsm()).nsm);
    const enclave = await create(device);
    expect(openFiles()).toContain(device);
    enclave.close();
    expect(openFiles()).not.toContain(device);
  });

  it('lets go of the device when it does not come up', async () => {
    const device = await standInFor((await developmentNsm()).nsm);
    const tlsRoots = join(import.meta.dirname, 'nonexistent.pem');
    await expect(create(device, { tlsRoots })).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
    expect(openFiles()).not.toContain(device);
  });
});

describe('an enclave without a device', () => {
  it('does not come up', async () => {
    await expect(create('/nonexistent/nsm')).rejects.toMatchObject({
      code: 'NSM_DEVICE_UNAVAILABLE',
    });
  });
});
