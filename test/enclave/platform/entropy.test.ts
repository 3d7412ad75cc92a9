import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkEntropySource } from '../../../enclave/platform/entropy.ts';
import { temporaryDirectory } from '../../support/temporary-directory.ts';

it.each([
  ['accepts the secure module', 'nsm-hwrng\n', undefined],
  ['refuses another source', 'virtio_rng.0\n', 'READY_ENTROPY'],
  ['refuses none', 'none\n', 'READY_ENTROPY'],
  ['refuses a name that only begins so', 'nsm-hwrng2\n', 'READY_ENTROPY'],
])('%s', async (_what, text, code) => {
  const path = join(temporaryDirectory(), 'rng_current');
  writeFileSync(path, text);
  const checked = checkEntropySource(path);
  if (code === undefined) await checked;
  else await expect(checked).rejects.toMatchObject({ code });
});

it('refuses a kernel that does not say', async () => {
  const path = join(temporaryDirectory(), 'none');
  await expect(checkEntropySource(path)).rejects.toMatchObject({ code: 'READY_ENTROPY' });
});
