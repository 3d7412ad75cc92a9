import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorFamilies, formatErrorCodesPage } from '../../scripts/error-codes-page.ts';
import * as codeTables from '../../shared/error-codes.ts';
import * as errors from '../../shared/errors.ts';

const root = join(import.meta.dirname, '..', '..');
const codes = errorFamilies.flatMap((family) => Object.keys(family.codes));

/** All source but the table itself. */
function readSource(): string {
  const folders = ['shared', 'enclave', 'parent', 'local-kms', 'cli'];
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && file !== 'error-codes.ts')
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    .join('\n');
}

describe('docs/error-codes.md', () => {
  it('is what scripts/make-error-codes.ts writes', () => {
    const page = readFileSync(join(root, 'docs', 'error-codes.md'), 'utf8');
    expect(page).toBe(formatErrorCodesPage());
  });

  it('has a section for every table of codes and for every class of errors', () => {
    expect(errorFamilies.map((family) => family.codes)).toEqual(Object.values(codeTables));
    const classes = Object.keys(errors).filter((name) => name !== 'BrokerError');
    expect(errorFamilies.map(({ className }) => className)).toEqual(classes);
  });
});

describe('the table of error codes', () => {
  it('has each code in one family', () => {
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it('names no code that the source does not use', () => {
    const source = readSource();
    expect(codes.filter((code) => !new RegExp(`['"]${code}['"]`).test(source))).toEqual([]);
  });

  it('gives each code one sentence', () => {
    for (const [code, sentence] of errorFamilies.flatMap((family) =>
      Object.entries(family.codes),
    )) {
      expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
      expect(sentence).toMatch(/^[^|\n]+\.$/);
    }
  });
});
