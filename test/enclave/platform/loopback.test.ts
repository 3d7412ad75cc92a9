import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { ensureLoopback } from '../../../enclave/platform/loopback.ts';
import { dist } from '../../support/built.ts';

it('loopback that is up is left alone', async () => {
  const up = { internal: true, address: '127.0.0.1' };
  await ensureLoopback(() => ({ lo: [up as never] }));
});

const built = pathToFileURL(join(dist, 'enclave', 'platform', 'loopback.js')).href;
const program = (before: string) => `
  import { networkInterfaces } from 'node:os';
  import { ensureLoopback } from ${JSON.stringify(built)};
  const names = [Object.keys(networkInterfaces())];
  ${before}
  const code = await ensureLoopback().then(() => null, (error) => error.code);
  console.log(JSON.stringify({ names: [...names, Object.keys(networkInterfaces())], code }));
`;
/** A network namespace of its own begins as an enclave does: with loopback down. */
const namespaces = spawnSync('unshare', ['-n', 'true']).status === 0;
const where = namespaces ? '' : ' (skipped: no network namespaces here)';

it.skipIf(!namespaces).each([
  ['is brought up', '', { names: [[], ['lo']], code: null }],
  ['and may not be touched is a failure', 'process.setuid(65534);', { code: 'READY_LOOPBACK' }],
])(`loopback that is down %s${where}`, (_what, before, expected) => {
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['-n', process.execPath, '--input-type=module', '-e', program(before)],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject(expected);
});
