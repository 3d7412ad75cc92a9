// Makes fixtures/synthetic anew. Run from the root of the project: `node dist/scripts/make-fixtures.js`.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECIPIENT_KEY_FILE } from './fixtures/recipient-key.ts';
import { makeSyntheticFixtures } from './fixtures/synthetic.ts';

const folder = join('fixtures', 'synthetic');

/** What is not made: the key that is handed in, and what a person wrote. */
const GIVEN = [RECIPIENT_KEY_FILE, 'README.md'];

const made = makeSyntheticFixtures(readFileSync(join(folder, RECIPIENT_KEY_FILE)));
for (const file of readdirSync(folder)) {
  if (!made.has(file) && !GIVEN.includes(file)) rmSync(join(folder, file));
}
for (const [file, bytes] of made) writeFileSync(join(folder, file), bytes);
console.log(`${folder}: ${made.size} files`);
