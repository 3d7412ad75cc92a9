import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { runCli } from '../../cli/run.ts';
import { issueDocument, OID } from '../../scripts/fixtures/attestation-authority.ts';
import {
  type Changes,
  documentWith,
  enclavePcrs,
  madeAt,
  nonce,
  tpmDocumentWith,
  tpmPcrs,
} from '../../scripts/fixtures/attestation-documents.ts';
import { parseAttestationDocument } from '../../shared/attestation/node.ts';
import type { CborInput } from '../../shared/cbor/index.ts';
import { encodeBase64, encodeHex } from '../../shared/encoding.ts';
import { type CommandResult, runCommand } from '../support/command-io.ts';
import { UNPRINTED } from '../support/plain-text.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const recorded = join(import.meta.dirname, '..', '..', 'fixtures', 'recorded');
const genuine = join(recorded, 'nitro-20250916-us-east-1-b1086cbb.cose');
const genuineTpm = join(recorded, 'tpm-20260202-us-east-1-7877d3db.cose');

const pcrFlag = (index: number, value = enclavePcrs.get(index) as Uint8Array) => [
  '--pcr',
  `${index}=${encodeHex(value)}`,
];
const wrong = new Uint8Array(48).fill(9);
const nonceFlag = ['--nonce', encodeHex(nonce)];
const waiver = ['--waive-nonce', 'a test'];
const maxAge = ['--max-age', '60'];

/** Judges a synthetic document from standard input, under its own root. */
async function verify(
  flags: readonly string[],
  changes: Changes | Uint8Array = {},
  now = madeAt + 1000,
): Promise<CommandResult> {
  const issued = changes instanceof Uint8Array ? undefined : issueDocument(documentWith(changes));
  const root = join(temporaryDirectory(), 'root.der');
  writeFileSync(root, issued?.path[0] ?? (issueDocument(documentWith()).path[0] as Uint8Array));
  const stdin = issued?.document ?? (changes as Uint8Array);
  return runCommand(commands, ['verify', '--trust-anchor', root, ...flags], {
    stdin,
    now: () => now,
  });
}

const accepting = [...pcrFlag(0), ...nonceFlag, ...maxAge];

describe('verify: exit codes', () => {
  it.each<[what: string, flags: readonly string[], changes?: Changes]>([
    ['registers, nonce and age', accepting],
    ['two registers', [...accepting, ...pcrFlag(1)]],
    ['the same register twice', [...accepting, ...pcrFlag(0)]],
    [
      'a register in capital letters',
      [
        ...nonceFlag,
        ...maxAge,
        '--pcr',
        `0=${encodeHex(enclavePcrs.get(0) as Uint8Array).toUpperCase()}`,
      ],
    ],
    ['a waived nonce', [...pcrFlag(0), ...waiver, ...maxAge]],
    ['a skew', [...accepting, '--skew', '0']],
    ['the historic mode', [...pcrFlag(0), ...nonceFlag, '--historic']],
    [
      'debug mode, allowed',
      ['--pcr', `0=${'00'.repeat(48)}`, ...nonceFlag, ...maxAge, '--allow-debug'],
      { fields: { pcrs: new Map([...enclavePcrs, [0, new Uint8Array(48)]]) } },
    ],
    ['- for standard input', [...accepting, '-']],
  ])('0: trusted, with %s', async (_what, flags, changes = {}) => {
    const { exitCode, stdout, stderr } = await verify(flags, changes);
    expect(stderr).toMatch(/^read \d+ bytes of raw\n$/);
    expect(stdout.toString()).toMatch(/^TRUSTED\n/);
    expect(exitCode).toBe(0);
  });

  it.each<[what: string, flags: readonly string[], code: string, changes?: Changes]>([
    ['another register', [...pcrFlag(0, wrong), ...nonceFlag, ...maxAge], 'POLICY_MEASUREMENTS'],
    ['another nonce', [...pcrFlag(0), '--nonce', '00', ...maxAge], 'POLICY_NONCE'],
    [
      'registers of a NitroTPM',
      ['--tpm-pcr', `0=${'10'.repeat(48)}`, ...nonceFlag, ...maxAge],
      'POLICY_KIND',
    ],
    ['a forged signature', accepting, 'COSE_SIGNATURE', { envelope: { signature: 'flipped' } }],
    ['an unknown field', accepting, 'DOCUMENT_FIELD_UNKNOWN', { fields: { more: null } }],
    ['a tag too many', accepting, 'CBOR_TAG', { envelope: { prefix: 'd2d2' } }],
    [
      'debug mode',
      accepting,
      'POLICY_DEBUG',
      { fields: { pcrs: new Map([...enclavePcrs, [2, new Uint8Array(48)]]) } },
    ],
  ])('1: untrusted, with %s', async (_what, flags, code, changes = {}) => {
    const { exitCode, stdout } = await verify(flags, changes);
    expect(exitCode).toBe(1);
    expect(stdout.toString()).toMatch(/^UNTRUSTED\n/);
    expect(stdout.toString()).toContain(`(${code})`);
  });

  it('1: too old, and 0 a moment before', async () => {
    expect((await verify(accepting, {}, madeAt + 60_000)).exitCode).toBe(0);
    expect((await verify(accepting, {}, madeAt + 60_001)).exitCode).toBe(1);
    expect((await verify(accepting, {}, madeAt - 5_001)).exitCode).toBe(1);
    expect((await verify([...accepting, '--skew', '6'], {}, madeAt - 5_001)).exitCode).toBe(0);
  });

  it.each<[what: string, bytes: Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('hello, world')],
    ['zeros', new Uint8Array(1000)],
    ['the beginning of a document', issueDocument(documentWith()).document.subarray(0, 2000)],
    ['more than a document can have', new Uint8Array(40_000).fill(0x84)],
    ['more than the command reads', new Uint8Array(200_000)],
  ])('1: malformed, with %s', async (_what, bytes) => {
    const { exitCode, stderr, stdout } = await verify(accepting, bytes);
    expect(exitCode).toBe(1);
    expect(stdout.toString() + stderr).toMatch(/\((COSE|CBOR)_\w+\)|\(INPUT_TOO_LARGE\)/);
  });

  it.each<[what: string, flags: readonly string[]]>([
    ['no flag', []],
    ['no measurements', [...nonceFlag, ...maxAge]],
    ['no nonce', [...pcrFlag(0), ...maxAge]],
    ['no age', [...pcrFlag(0), ...nonceFlag]],
    ['a skew and no age', [...pcrFlag(0), ...nonceFlag, '--skew', '5']],
    ['an age in the historic mode', [...pcrFlag(0), ...nonceFlag, ...maxAge, '--historic']],
    ['a skew in the historic mode', [...pcrFlag(0), ...nonceFlag, '--skew', '5', '--historic']],
    ['both a nonce and a waiver', [...accepting, ...waiver]],
    ['a waiver without reason', [...pcrFlag(0), '--waive-nonce', ' ', ...maxAge]],
    ['an empty nonce', [...pcrFlag(0), '--nonce', '', ...maxAge]],
    ['a nonce that is no hex', [...pcrFlag(0), '--nonce', '0x00', ...maxAge]],
    ['half a byte of nonce', [...pcrFlag(0), '--nonce', '000', ...maxAge]],
    ['a register without value', ['--pcr', '0', ...nonceFlag, ...maxAge]],
    ['a register without index', ['--pcr', '=00', ...nonceFlag, ...maxAge]],
    ['a register that is too short', ['--pcr', '0=00', ...nonceFlag, ...maxAge]],
    ['a register beyond 31', ['--pcr', `32=${'00'.repeat(48)}`, ...nonceFlag, ...maxAge]],
    ['two values for one register', [...accepting, ...pcrFlag(0, wrong)]],
    [
      'two values for one register of a NitroTPM',
      [...accepting, '--tpm-pcr', `4=${'00'.repeat(48)}`, '--tpm-pcr', `4=${'11'.repeat(48)}`],
    ],
    ['an age of 0', [...pcrFlag(0), ...nonceFlag, '--max-age', '0']],
    ['an age below 0', [...pcrFlag(0), ...nonceFlag, '--max-age=-1']],
    ['half a second', [...pcrFlag(0), ...nonceFlag, '--max-age', '0.5']],
    ['an age in words', [...pcrFlag(0), ...nonceFlag, '--max-age', 'Infinity']],
    ['an age with a unit', [...pcrFlag(0), ...nonceFlag, '--max-age', '60s']],
    ['an empty age', [...pcrFlag(0), ...nonceFlag, '--max-age', '']],
    ['a skew below 0', [...accepting, '--skew=-1']],
    ['a flag that does not exist', [...accepting, '--insecure']],
    ['a flag without its value', [...pcrFlag(0), ...nonceFlag, '--max-age']],
    ['a switch with a value', [...accepting, '--allow-debug=yes']],
    ['two files', [...accepting, genuine, genuine]],
  ])('2: wrong usage, with %s', async (_what, flags) => {
    const { exitCode, stdout, stderr } = await verify(flags);
    expect(exitCode).toBe(2);
    expect(stdout.length).toBe(0);
    expect(stderr).toContain('nitro-key-broker verify [FILE] OPTIONS');
  });

  const write = (name: string, text: string) => {
    const file = join(temporaryDirectory(), name);
    writeFileSync(file, text);
    return file;
  };
  it.each<[what: string, flag: string, text: string]>([
    ['measurements that are none', '--measurements', '{"PCR0": 1}'],
    ['measurements that are empty', '--measurements', ''],
    ['measurements that are too long', '--measurements', ' '.repeat(1_048_577)],
    ['a root that is none', '--trust-anchor', 'root'],
  ])('2: wrong usage, with %s', async (_what, flag, text) => {
    expect((await verify([...accepting, flag, write('file', text)])).exitCode).toBe(2);
  });

  it.each<[what: string, flags: readonly string[]]>([
    ['a document', [...accepting, '/nonexistent/document']],
    ['a directory for a document', [...accepting, '/']],
    ['measurements', [...accepting, '--measurements', '/nonexistent/measurements.json']],
    ['a root', [...accepting, '--trust-anchor', '/nonexistent/root.pem']],
  ])('3: unreadable, with %s', async (_what, flags) => {
    const { exitCode, stderr } = await verify(flags);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('(ENVIRONMENT)');
  });
});

describe('verify: input', () => {
  const { document } = issueDocument(documentWith());
  const text = (value: string) => new TextEncoder().encode(value);
  const base64 = encodeBase64(document);

  it.each<[what: string, bytes: Uint8Array, encoding: string]>([
    ['raw bytes', document, 'raw'],
    ['base64', text(base64), 'base64'],
    ['base64 with line ends', text(`${base64.replace(/.{76}/g, '$&\r\n')}\n`), 'base64'],
    [
      'base64url',
      text(base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')),
      'base64',
    ],
    ['hex', text(encodeHex(document)), 'hex'],
    ['hex in capital letters', text(`${encodeHex(document).toUpperCase()}\n`), 'hex'],
  ])('takes %s and says so', async (_what, bytes, encoding) => {
    const { exitCode, stderr } = await verify(accepting, bytes);
    expect(stderr).toBe(`read ${document.length} bytes of ${encoding}\n`);
    expect(exitCode).toBe(0);
  });

  it('takes measurements as nitro-cli prints them, any of several files', async () => {
    const directory = temporaryDirectory();
    const file = (name: string, value: Uint8Array) => {
      const path = join(directory, name);
      writeFileSync(
        path,
        JSON.stringify({
          Measurements: { HashAlgorithm: 'Sha384 { ... }', PCR0: encodeHex(value) },
        }),
      );
      return ['--measurements', path];
    };
    const right = file('right.json', enclavePcrs.get(0) as Uint8Array);
    const other = file('other.json', wrong);
    const rest = [...nonceFlag, ...maxAge];
    expect((await verify([...right, ...rest])).exitCode).toBe(0);
    expect((await verify([...other, ...rest])).exitCode).toBe(1);
    expect((await verify([...other, ...right, ...rest])).exitCode).toBe(0);
    // What --pcr names must hold beside any of the files.
    expect((await verify([...right, ...pcrFlag(1), ...rest])).exitCode).toBe(0);
    expect((await verify([...right, ...pcrFlag(1, wrong), ...rest])).exitCode).toBe(1);
    expect((await verify([...right, ...pcrFlag(0, wrong), ...rest])).exitCode).toBe(2);
  });

  it('never lets the two kinds stand for each other', async () => {
    const { document: tpm } = issueDocument(tpmDocumentWith());
    const boot = `4=${encodeHex(tpmPcrs.get(4) as Uint8Array)}`;
    const rest = [...nonceFlag, ...maxAge];
    expect((await verify(['--tpm-pcr', boot, ...rest], tpm)).exitCode).toBe(0);
    expect((await verify(['--pcr', boot, ...rest], tpm)).exitCode).toBe(1);
    expect((await verify(['--pcr', boot, '--tpm-pcr', boot, ...rest], tpm)).exitCode).toBe(0);
  });
});

describe('verify: genuine documents', () => {
  const { pcrs } = parseAttestationDocument(readFileSync(genuine));
  const register = `0=${encodeHex(pcrs.get(0) as Uint8Array)}`;
  const tpm = parseAttestationDocument(readFileSync(genuineTpm));
  const run = (argv: readonly string[]) => runCommand(commands, ['verify', ...argv]);

  it('are trusted below the root of AWS, and below no other', async () => {
    const flags = [genuine, '--pcr', register, ...waiver, '--historic'];
    expect((await run(flags)).exitCode).toBe(0);
    const root = join(temporaryDirectory(), 'root.der');
    writeFileSync(root, issueDocument(documentWith()).path[0] as Uint8Array);
    const { exitCode, stdout } = await run([...flags, '--trust-anchor', root]);
    expect(exitCode).toBe(1);
    expect(stdout.toString()).toContain('(PATH_ROOT)');
  });

  it('are trusted with the nonce and the boot measurement of a NitroTPM', async () => {
    const boot = `4=${encodeHex(tpm.pcrs.get(4) as Uint8Array)}`;
    const expected = ['--nonce', encodeHex(tpm.nonce as Uint8Array), '--historic'];
    expect((await run([genuineTpm, '--tpm-pcr', boot, ...expected])).exitCode).toBe(0);
    expect((await run([genuineTpm, '--pcr', boot, ...expected])).exitCode).toBe(1);
  });

  it('are long expired when they are judged live', async () => {
    const flags = [genuine, '--pcr', register, ...waiver, '--max-age', '60'];
    const { exitCode, stdout } = await runCommand(commands, ['verify', ...flags], {
      now: () => Date.UTC(2026, 5, 1),
    });
    expect(exitCode).toBe(1);
    expect(stdout.toString()).toContain('(PATH_EXPIRED)');
  });
});

describe('verify: reports', () => {
  it.each([
    ['trusted', {}],
    ['untrusted', { envelope: { signature: 'flipped' } }],
    ['untrusted', { envelope: { suffix: '00' } }],
  ] as const)('are JSON of a fixed shape: %s', async (verdict, changes) => {
    const { stdout, stderr } = await verify([...accepting, '--json'], changes);
    expect(stderr).toBe('');
    const lines = stdout.toString().split('\n');
    expect(lines).toHaveLength(2);
    const report = JSON.parse(lines[0] as string);
    expect(Object.keys(report)).toEqual(['verdict', 'checks']);
    expect(report.verdict).toBe(verdict);
    expect(report.checks.length).toBeGreaterThan(30);
    for (const check of report.checks) {
      expect(Object.keys(check)).toEqual([
        'id',
        'verdict',
        'code',
        'expected',
        'actual',
        'message',
      ]);
      expect(['passed', 'failed', 'not reached']).toContain(check.verdict);
      expect(typeof check.code).toBe(check.verdict === 'failed' ? 'string' : 'object');
      expect(check.message).toMatch(/\S/);
    }
  });

  it('are JSON also of wrong usage and of files that cannot be read', async () => {
    const { stderr } = await verify([...pcrFlag(0), '--json']);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'USAGE' } });
    const unreadable = await verify([...accepting, '/nonexistent', '--json']);
    expect(JSON.parse(unreadable.stderr)).toMatchObject({ error: { code: 'ENVIRONMENT' } });
  });

  it('have colour on a terminal only, and where NO_COLOR does not forbid it', async () => {
    const run = async (isTTY: boolean, env = {}) => {
      const { document, path } = issueDocument(documentWith());
      const root = join(temporaryDirectory(), 'root.der');
      writeFileSync(root, path[0] as Uint8Array);
      let text = '';
      const write = (chunk: string) => {
        text += chunk;
        return true;
      };
      await runCli(commands, ['verify', '--trust-anchor', root, ...accepting], {
        stdin: [document] as never,
        stdout: { write, isTTY } as never,
        stderr: { write: () => true } as never,
        env,
        now: () => madeAt,
      });
      return text;
    };
    expect(await run(true)).toContain('\u001b[32m');
    expect(await run(false)).not.toContain('\u001b');
    expect(await run(true, { NO_COLOR: '1' })).not.toContain('\u001b');
    expect(await run(true, { NO_COLOR: '' })).toContain('\u001b[32m');
  });

  const hostile = 'x\u001b]0;owned\u0007\u009b2J\u202egnp.exe\u2028\r\n\u0000y';
  it.each<[what: string, fields: Readonly<Record<string, CborInput>>]>([
    ['module_id', { module_id: hostile }],
    ['digest', { digest: hostile }],
    ['an unknown field', { [hostile]: null }],
    ['the index of a register', { pcrs: new Map([[hostile, new Uint8Array(48)]]) }],
  ])('show nothing of %s raw', async (_what, fields) => {
    for (const flags of [accepting, [...accepting, '--json']]) {
      const { stdout, stderr } = await verify(flags, { fields });
      expect(stdout.toString() + stderr).not.toMatch(UNPRINTED);
    }
    const { stdout } = await verify([...accepting, '--json'], { fields });
    expect(stdout.toString()).toContain('\\u001b');
  });

  it('show nothing of a certificate raw, and the same value in JSON', async () => {
    const changes: Changes = { certificates: { leaf: { issuer: [[OID.commonName, hostile]] } } };
    for (const flags of [accepting, [...accepting, '--json']]) {
      const { exitCode, stdout, stderr } = await verify(flags, changes);
      expect(exitCode).toBe(1);
      expect(stdout.toString()).toContain('PATH_NAME');
      expect(stdout.toString() + stderr).not.toMatch(UNPRINTED);
    }
    const { stdout } = await verify([...accepting, '--json'], { fields: { module_id: hostile } });
    const checks = JSON.parse(stdout.toString()).checks as { id: string; actual: string }[];
    expect(checks.find(({ id }) => id === 'payload.module_id')?.actual).toBe(hostile);
  });

  it('show nothing of an argument raw', async () => {
    const { stderr } = await verify([...pcrFlag(0), '--max-age', '\u001b[2J', ...nonceFlag]);
    expect(stderr).toContain('\\u001b[2J');
    expect(stderr).not.toMatch(UNPRINTED);
  });
});
