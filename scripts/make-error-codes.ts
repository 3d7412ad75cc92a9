/** Writes docs/error-codes.md. Run from the root of the project: `node dist/scripts/make-error-codes.js`. */
import { writeFileSync } from 'node:fs';
import { formatErrorCodesPage } from './error-codes-page.ts';

writeFileSync('docs/error-codes.md', formatErrorCodesPage());
