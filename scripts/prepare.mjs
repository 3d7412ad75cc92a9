// `prepare` of package.json: builds dist/ after an install, unless it is newer than every source.
// npx runs `prepare` as well, before a command of this package in its own checkout; a build then
// would take the files from under the processes that run on them.
import { execSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = [
  'shared',
  'enclave',
  'parent',
  'local-kms',
  'cli',
  'scripts',
  'bench',
  'inspector',
];
const FILES = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];
const STAMP = 'dist/inspector.html';

if (!existsSync('node_modules/typescript')) {
  console.error('nitro-key-broker: without its development dependencies dist/ is not built');
} else if (!existsSync(STAMP) || newestSource() > statSync(STAMP).mtimeMs) {
  execSync('npm run build', { stdio: 'inherit' });
}

function newestSource() {
  const files = SOURCES.flatMap((folder) =>
    readdirSync(folder, { recursive: true }).map((name) => join(folder, name)),
  );
  return Math.max(...[...FILES, ...files].map((file) => statSync(file).mtimeMs));
}
