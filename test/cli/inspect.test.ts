import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { issueDocument, OID } from '../../scripts/fixtures/attestation-authority.ts';
import {
  type Changes,
  documentWith,
  enclavePcrs,
  moduleId,
  nonce,
} from '../../scripts/fixtures/attestation-documents.ts';
import { encodeBase64, encodeHex } from '../../shared/encoding.ts';
import { runCommand } from '../support/command-io.ts';
import { UNPRINTED } from '../support/plain-text.ts';

const recorded = join(import.meta.dirname, '..', '..', 'fixtures', 'recorded');
const genuine = [
  {
    file: 'nitro-20230915-us-east-1-debug-54ae8b9d.cose',
    module: 'i-0918f6c55e3b61d89-enc018a9961d1f362d1',
    debug: true,
  },
  {
    file: 'nitro-20241028-us-east-2-b8cfafe7.cose',
    module: 'i-06c79bf817127030a-enc0192d3d4945e0432',
    debug: false,
  },
  {
    file: 'nitro-20250916-us-east-1-b1086cbb.cose',
    module: 'i-02447a481344e9ec0-enc0199546b533fd5d0',
    debug: false,
  },
  {
    file: 'tpm-20260202-us-east-1-7877d3db.cose',
    module: 'i-0082f89b039c97a0f-tpm0000000000000000',
    debug: null,
  },
];

async function inspect(stdin: Uint8Array, ...flags: readonly string[]) {
  const { exitCode, stdout, stderr } = await runCommand(commands, ['inspect', ...flags], { stdin });
  return { exitCode, stdout: stdout.toString(), stderr };
}

const documentOf = (changes: Changes = {}) => issueDocument(documentWith(changes)).document;

describe('inspect', () => {
  it('says first that nothing was verified', async () => {
    const { exitCode, stdout } = await inspect(documentOf());
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^NOTHING WAS VERIFIED/);
    const json = JSON.parse((await inspect(documentOf(), '--json')).stdout);
    expect(Object.entries(json)[0]).toEqual(['verified', false]);
  });

  it('does not judge: a forged document reads like any other', async () => {
    const forged = documentOf({
      envelope: { signature: 'flipped' },
      certificates: { leaf: { notAfter: 0, notBefore: 0 } },
    });
    expect((await inspect(forged)).exitCode).toBe(0);
  });

  it.each(genuine)('shows the genuine $file', async ({ file, module, debug }) => {
    const { exitCode, stdout } = await runCommand(commands, [
      'inspect',
      join(recorded, file),
      '--json',
    ]);
    const json = JSON.parse(stdout.toString());
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ moduleId: module, debug, encoding: 'raw' });
    expect(json.certificates).toHaveLength(5);
    expect(json.certificates[0].sha256).toBe(
      '641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b',
    );
  });

  it('shows fields, certificates with their lifetimes, and registers with their meaning', async () => {
    const { stdout } = await inspect(documentOf());
    for (const shown of [
      moduleId,
      encodeHex(nonce),
      '2026-01-02T03:04:05.678Z',
      'CN=testonly.nitro-enclaves.invalid',
      'serial  05c0ffee',
      '(3 h 3 s)',
      'PCR8 Signer',
      encodeHex(enclavePcrs.get(8) as Uint8Array),
    ]) {
      expect(stdout).toContain(shown);
    }
  });

  it('gives a register the meaning that it has for its kind', async () => {
    const pcr4 = async (file: string) => {
      const { stdout } = await runCommand(commands, ['inspect', join(recorded, file), '--json']);
      return JSON.parse(stdout.toString()).pcrs[4].name;
    };
    expect(await pcr4('nitro-20250916-us-east-1-b1086cbb.cose')).toBe('Parent instance');
    expect(await pcr4('tpm-20260202-us-east-1-7877d3db.cose')).toBe('Boot application');
  });

  it.each<[what: string, fields: Changes['fields'], pattern: RegExp]>([
    ['a null field', { nonce: null }, /nonce is null/],
    ['a field that is left out', { user_data: undefined }, /user_data is null/],
    ['an empty field', { public_key: new Uint8Array(0) }, /public_key is empty/],
    ['the registers of the application', {}, /PCR16 to PCR31: not in the document/],
    [
      'a register of the platform',
      { pcrs: new Map([[0, new Uint8Array(48)]]) },
      /PCR1, PCR2, .*PCR15: not in/,
    ],
  ])('says what is missing: %s', async (_what, fields = {}, pattern) => {
    expect((await inspect(documentOf({ fields }))).stdout).toMatch(pattern);
  });

  it('says that nothing is missing where nothing is', async () => {
    const pcrs = new Map(Array.from({ length: 32 }, (_, at) => [at, new Uint8Array(48).fill(1)]));
    expect((await inspect(documentOf({ fields: { pcrs } }))).stdout).toContain(
      'Nothing is missing.',
    );
  });

  it('notices debug mode', async () => {
    const pcrs = new Map([...enclavePcrs, [1, new Uint8Array(48)]]);
    expect((await inspect(documentOf({ fields: { pcrs } }))).stdout).toMatch(/debug mode {2}YES/);
    expect((await inspect(documentOf())).stdout).toMatch(/debug mode {2}no/);
  });

  it('shows the rest of a chain around a certificate that cannot be read', async () => {
    const cabundle = [Uint8Array.of(1), ...Array.from({ length: 100 }, () => Uint8Array.of(2))];
    const { exitCode, stdout } = await inspect(documentOf({ fields: { cabundle } }));
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Root: cannot be read');
    expect(stdout).toContain('Leaf: C=US');
    expect(stdout).toMatch(/\d+ more are not shown/);
  });

  it.each([
    ['raw', documentOf()],
    ['base64', new TextEncoder().encode(encodeBase64(documentOf()))],
    ['hex', new TextEncoder().encode(encodeHex(documentOf()))],
  ])('says that it read %s', async (encoding, bytes) => {
    expect((await inspect(bytes)).stdout).toMatch(new RegExp(`read .* bytes of ${encoding}\\n`));
  });

  it('shows nothing of a stranger raw', async () => {
    const hostile = 'x\u001b[2J\u009b1m\u202e\u2028\r\n\u0000y';
    const document = documentOf({
      fields: { module_id: hostile },
      certificates: { leaf: { subject: [[OID.commonName, hostile]] } },
    });
    for (const flags of [[], ['--json']]) {
      const { exitCode, stdout } = await inspect(document, ...flags);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('\\u001b[2J');
      expect(stdout).not.toMatch(UNPRINTED);
    }
  });

  it('answers junk with exit code 1 and a code, whatever it is', async () => {
    const { document } = issueDocument(documentWith());
    const junk = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(document.length - 1).map((length) => document.subarray(0, length)),
    );
    await fc.assert(
      fc.asyncProperty(junk, async (bytes) => {
        const { exitCode, stderr } = await inspect(bytes);
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/\((COSE|CBOR|DOCUMENT)_\w+\)\n$/);
      }),
      { numRuns: 200 },
    );
  });

  it.each<[code: number, what: string, argv: readonly string[]]>([
    [2, 'an unknown flag', ['--verify']],
    [2, 'two files', ['a', 'b']],
    [3, 'a file that cannot be read', ['/nonexistent/document']],
  ])('exits %d for %s', async (code, _what, argv) => {
    expect((await runCommand(commands, ['inspect', ...argv])).exitCode).toBe(code);
  });
});
