import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { checkWallClock, createTrustedClock } from '../../enclave/clock.ts';
import { createSoftwareNsm } from '../../enclave/nsm/software/index.ts';
import { parseAttestationDocument } from '../../shared/attestation/index.ts';
import { NsmError } from '../../shared/errors.ts';
import { createNsmClient } from '../../shared/nsm/index.ts';
import { createDevelopmentNsmRoot } from '../../shared/pki/index.ts';
import { codeOf } from '../support/codes.ts';
import { developmentNsm } from '../support/development-nsm.ts';

it('has the time of the secure module, and goes on from it without asking again', async () => {
  let moduleTime = Date.UTC(2026, 0, 1);
  let elapsed = 5000;
  const nsm = createNsmClient(
    createSoftwareNsm({
      root: await createDevelopmentNsmRoot({ now: () => moduleTime }),
      region: 'us-east-1',
      instanceId: 'i-0123456789abcdef0',
      pcrs: {},
      debug: false,
      now: () => moduleTime,
      randomBytes,
    }),
  );
  const clock = await createTrustedClock({ nsm, monotonic: () => elapsed });
  expect(clock.now()).toBe(Date.UTC(2026, 0, 1));
  elapsed += 1500;
  expect(clock.now()).toBe(Date.UTC(2026, 0, 1) + 1500);
  moduleTime += 60_000;
  await clock.refresh();
  expect(clock.now()).toBe(Date.UTC(2026, 0, 1) + 60_000);
});

it('is not to be had without the secure module, and stays as it was where a refresh fails', async () => {
  const silent = new NsmError('NSM_TIMEOUT', 'no answer');
  const nsm = { attest: () => Promise.reject(silent) } as never;
  await expect(createTrustedClock({ nsm, monotonic: () => 0 })).rejects.toBe(silent);
});

it.each([
  ['the same', 0, 0],
  ['an hour ahead', 3_600_000, 3_600_000],
  ['a little behind', -1234.4, -1234],
])("compares the kernel's time: %s", (_what, ahead, offset) => {
  expect(checkWallClock({ now: () => 1e12 }, () => 1e12 + ahead)).toBe(offset);
});

it.each([3_600_001, -3_600_001, -1e12])('refuses one that is %i ms ahead', (ahead) => {
  const check = () => checkWallClock({ now: () => 1e12 }, () => 1e12 + ahead);
  expect(codeOf(check)).toBe('READY_CLOCK');
});

it('is fast rather than slow when the module takes its time', async () => {
  let elapsed = 0;
  const { nsm } = await developmentNsm();
  const slow = {
    async attest() {
      elapsed += 5000;
      return createNsmClient(nsm).attest({});
    },
  };
  const made = parseAttestationDocument(await slow.attest()).timestamp;
  const clock = await createTrustedClock({ nsm: slow, monotonic: () => elapsed });
  expect(clock.now()).toBe(made + 5000);
});
