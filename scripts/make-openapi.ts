/** Writes docs/openapi.json. Run from the root of the project: `node dist/scripts/make-openapi.js`. */
import { writeFileSync } from 'node:fs';
import { formatOpenApi } from './openapi.ts';

writeFileSync('docs/openapi.json', await formatOpenApi());
