import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const built = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'dist',
  'shared',
  'native',
  'loopback.js',
);
const program = `
  import { createServer } from 'node:net';
  import { bringUpLoopback } from ${JSON.stringify(pathToFileURL(built).href)};
  const brought = [bringUpLoopback(), bringUpLoopback()];
  const server = createServer().listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ brought, address: server.address().address }));
    server.close();
  });
`;
/** A network namespace of its own begins as an enclave does: with loopback down. */
const namespaces = spawnSync('unshare', ['-n', 'true']).status === 0;
const where = namespaces ? '' : ' (skipped: no network namespaces here)';

it.skipIf(!namespaces)(`loopback is brought up where it is down, once${where}`, () => {
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['-n', process.execPath, '--input-type=module', '-e', program],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({ brought: [true, false], address: '127.0.0.1' });
});
