import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nsmCommands } from '../../cli/nsm/index.ts';
import { verifyCommand } from '../../cli/verify.ts';
import { parseAttestationDocument } from '../../shared/attestation/node.ts';
import { encodeHex } from '../../shared/encoding.ts';
import { extendPcr } from '../../shared/nsm/index.ts';
import { runCommand } from '../support/command-io.ts';
import { developmentNsm } from '../support/development-nsm.ts';
import { createNsmStandIn, nsmStandInAvailable } from '../support/nsm-stand-in/index.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const START = Date.UTC(2026, 4, 21);
const ONES = '11'.repeat(48);
const ZERO = new Uint8Array(48);

function run(...argv: string[]) {
  return runCommand(nsmCommands, ['nsm', ...argv], { now: () => START });
}

/** Runs on a software NSM with PCR0, 1 and 2 set, so that it is not in debug mode. */
function runSoftware(...argv: string[]) {
  const registers = [0, 1, 2].flatMap((index) => ['--pcr', `${index}=${ONES}`]);
  return run(...argv, '--software', temporaryDirectory(), ...registers);
}

async function jsonOf(...argv: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await runSoftware(...argv, '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout.toString());
}

async function textOf(...argv: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runSoftware(...argv);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout.toString();
}

describe('nitro-key-broker nsm, on software', () => {
  it('describes the module', async () => {
    expect(await jsonOf('describe')).toEqual({
      moduleId: expect.stringMatching(/^i-0{17}-enc[0-9a-f]{16}$/),
      version: '1.0.0',
      maxPcrs: 32,
      digest: 'SHA384',
      lockedPcrs: Array.from({ length: 16 }, (_, index) => index),
    });
    expect(await textOf('describe')).toMatch(
      /^module {5}i-0{17}-enc[0-9a-f]{16}\nversion {4}1\.0\.0\nregisters {2}32 of SHA384\nlocked {5}0 1 2 .* 15\n$/,
    );
  });

  it('reads a register', async () => {
    expect(await jsonOf('pcr', '0')).toEqual({ index: 0, locked: true, value: ONES });
    expect(await textOf('pcr', '0')).toBe(`PCR0 locked ${ONES}\n`);
    expect(await textOf('pcr', '16')).toBe(`PCR16 unlocked ${'0'.repeat(96)}\n`);
  });

  it('extends a register, by hex or by a file', async () => {
    const value = encodeHex(extendPcr(ZERO, Uint8Array.of(1, 2, 3)));
    const file = join(temporaryDirectory(), 'data');
    writeFileSync(file, Uint8Array.of(1, 2, 3));
    expect(await jsonOf('extend', '16', '--data', '010203')).toEqual({
      index: 16,
      locked: false,
      value,
    });
    expect(await textOf('extend', '16', '--data', `@${file}`)).toBe(`PCR16 unlocked ${value}\n`);
  });

  it('locks one register or the first ones', async () => {
    expect(await jsonOf('lock', '16')).toEqual({ locked: [16] });
    expect(await jsonOf('lock', '--range', '2')).toEqual({ locked: [0, 1] });
    expect(await textOf('lock', '16')).toBe('PCR16 is locked\n');
    expect(await textOf('lock', '--range', '18')).toBe('the first 18 registers are locked\n');
  });

  it('prints random bytes, as many as asked for', async () => {
    const { random } = await jsonOf('random', '300');
    expect(random).toMatch(/^[0-9a-f]{600}$/);
    expect(await textOf('random', '32')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await textOf('random', '32')).not.toBe(await textOf('random', '32'));
  });

  it('attests what verify trusts, under the root that it keeps', async () => {
    const directory = temporaryDirectory();
    const registers = [0, 1, 2].flatMap((index) => ['--pcr', `${index}=${ONES}`]);
    const attested = await run(
      ...['attest', '--nonce', 'c0ffee', '--user-data', '0102', '--software', directory],
      ...registers,
    );
    expect([attested.exitCode, attested.stderr]).toEqual([0, '']);
    const verdict = await runCommand(
      [verifyCommand],
      [
        ...['verify', '--nonce', 'c0ffee', '--max-age', '60', '--pcr', `0=${ONES}`],
        ...['--trust-anchor', join(directory, 'nsm-root.pem')],
      ],
      { stdin: attested.stdout, now: () => START },
    );
    expect([verdict.exitCode, verdict.stderr]).toEqual([0, expect.stringContaining('base64')]);
  });

  it('makes documents whose public_key is null, with what it is given in the others', async () => {
    const { document } = await jsonOf('attest', '--nonce', 'c0ffee', '--user-data', '0102');
    const bytes = new Uint8Array(Buffer.from(String(document), 'base64'));
    expect(parseAttestationDocument(bytes)).toMatchObject({
      publicKey: undefined,
      nonce: Uint8Array.of(0xc0, 0xff, 0xee),
      userData: Uint8Array.of(1, 2),
    });
    const { document: bare } = await jsonOf('attest');
    expect(
      parseAttestationDocument(new Uint8Array(Buffer.from(String(bare), 'base64'))),
    ).toMatchObject({
      publicKey: undefined,
      nonce: undefined,
      userData: undefined,
    });
  });

  it('has no way to give it a public key, and says why', async () => {
    const { exitCode, stdout } = await runSoftware('attest', '--public-key', '00');
    expect([exitCode, stdout.length]).toEqual([2, 0]);
    const help = await run('attest', '--help');
    expect(help.stdout.toString()).toContain('Its public_key is null and cannot be given');
  });

  it('writes a document to a new file, raw', async () => {
    const out = join(temporaryDirectory(), 'document.cose');
    const { length } = await jsonOf('attest', '--out', out);
    expect(parseAttestationDocument(new Uint8Array(readFileSync(out)))).toMatchObject({
      kind: 'enclave',
    });
    expect(readFileSync(out)).toHaveLength(Number(length));
    const again = await runSoftware('attest', '--out', out);
    expect([again.exitCode, again.stdout.length]).toEqual([3, 0]);
    expect(again.stderr).toContain('EEXIST');
  });

  it.each<[string, string, string[]]>([
    ['a register that is none', 'NSM_INVALID_INDEX', ['pcr', '32']],
    ['a number beyond 16 bits', 'NSM_INVALID_ARGUMENT', ['pcr', '65536']],
    ['an extension of a locked register', 'NSM_READ_ONLY_INDEX', ['extend', '0', '--data', '00']],
    ['data too long', 'NSM_INPUT_TOO_LARGE', ['extend', '16', '--data', '00'.repeat(4096)]],
    ['the lock of a locked register', 'NSM_READ_ONLY_INDEX', ['lock', '0']],
    ['a range that is too long', 'NSM_INVALID_INDEX', ['lock', '--range', '33']],
    ['no random bytes', 'NSM_INVALID_ARGUMENT', ['random', '0']],
    ['too many random bytes', 'NSM_INVALID_ARGUMENT', ['random', '65537']],
    ['a nonce of 1025 bytes', 'NSM_INPUT_TOO_LARGE', ['attest', '--nonce', '00'.repeat(1025)]],
    ['a file too long', 'INPUT_TOO_LARGE', ['attest', '--nonce', `@${import.meta.filename}`]],
  ])('exits 1 for %s', async (_what, code, argv) => {
    const { exitCode, stdout, stderr } = await runSoftware(...argv, '--json');
    expect([exitCode, stdout.length]).toEqual([1, 0]);
    expect(JSON.parse(stderr).error.code).toBe(code);
  });
});

describe('the command line of nitro-key-broker nsm', () => {
  it.each<[string, string[]]>([
    ['no command', []],
    ['another command', ['reboot']],
    ['no register', ['pcr']],
    ['a register in hex', ['pcr', '0x10']],
    ['a negative register', ['pcr', '--', '-1']],
    ['two registers', ['pcr', '0', '1']],
    ['an extension by nothing', ['extend', '16']],
    ['an extension by an empty text', ['extend', '16', '--data', '']],
    ['an extension by what is not hex', ['extend', '16', '--data', 'xyz']],
    ['an extension by an empty file', ['extend', '16', '--data', '@/dev/null']],
    ['a lock of nothing', ['lock']],
    ['a lock of two kinds', ['lock', '16', '--range', '2']],
    ['no length', ['random']],
    ['a length with a sign', ['random', '+32']],
    ['an argument of attest', ['attest', 'x']],
    ['an empty nonce', ['attest', '--nonce', '']],
    ['a device and software', ['describe', '--device', '/dev/nsm', '--software', '/tmp/x']],
    ['a register of the device', ['describe', '--pcr', `0=${ONES}`]],
    ['a register of the wrong length', ['describe', '--software', '/tmp/x', '--pcr', '0=11']],
  ])('is wrong with %s', async (_what, argv) => {
    const { exitCode, stdout } = await run(...argv);
    expect([exitCode, stdout.length]).toEqual([2, 0]);
  });

  it('is wrong with a register that cannot be set', async () => {
    const { exitCode, stderr } = await runSoftware('describe', '--json', '--pcr', `5=${ONES}`);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stderr).error.code).toBe('SOFTWARE_NSM_OPTION');
  });

  it.each<[string, string, string[]]>([
    ['no device', 'NSM_DEVICE_UNAVAILABLE', ['describe', '--device', '/nonexistent/nsm']],
    ['a directory', 'NSM_DEVICE_FOREIGN', ['random', '1', '--device', import.meta.dirname]],
    ['a missing file', 'ENVIRONMENT', ['extend', '16', '--data', '@/nonexistent/data']],
  ])('exits 3 with %s', async (_what, code, argv) => {
    const { exitCode, stdout, stderr } = await run(...argv, '--json');
    expect([exitCode, stdout.length]).toEqual([3, 0]);
    expect(JSON.parse(stderr).error.code).toBe(code);
  });

  it('says in the help of each command which module it asks and what its exit codes are', async () => {
    for (const name of ['describe', 'pcr', 'extend', 'lock', 'random', 'attest']) {
      const { exitCode, stdout } = await run(name, '--help');
      expect(exitCode).toBe(0);
      for (const line of stdout.toString().split('\n')) expect(line.length).toBeLessThan(101);
      expect(stdout.toString()).toMatch(/--device PATH[\s\S]*--software DIR[\s\S]*Exits 0/);
    }
  });
});

describe.skipIf(!nsmStandInAvailable)('nitro-key-broker nsm, on a device (root, /dev/fuse)', () => {
  it('keeps registers from one command to the next', async () => {
    const { nsm, moduleId } = await developmentNsm();
    const { path } = await createNsmStandIn((message) => nsm.request(message));
    const ask = async (...argv: string[]) => {
      const { exitCode, stdout } = await run(...argv, '--device', path, '--json');
      return [exitCode, JSON.parse(stdout.toString() || 'null')];
    };
    const value = encodeHex(extendPcr(ZERO, Uint8Array.of(1)));
    expect(await ask('describe')).toMatchObject([0, { moduleId }]);
    expect(await ask('extend', '16', '--data', '01')).toMatchObject([0, { value }]);
    expect(await ask('lock', '16')).toEqual([0, { locked: [16] }]);
    expect(await ask('pcr', '16')).toEqual([0, { index: 16, locked: true, value }]);
    expect(await ask('extend', '16', '--data', '01')).toEqual([1, null]);
    expect(await ask('random', '300')).toEqual([0, { random: '05'.repeat(300) }]);
    const [, { document }] = await ask('attest', '--nonce', '07');
    expect(parseAttestationDocument(new Uint8Array(Buffer.from(document, 'base64')))).toMatchObject(
      {
        moduleId,
        publicKey: undefined,
        nonce: Uint8Array.of(7),
      },
    );
  });

  it("exits 3 when the driver's patience is over", async () => {
    const { path } = await createNsmStandIn(async () => ({ errno: 'ETIMEDOUT' }));
    const { exitCode, stderr } = await run('describe', '--device', path);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('NSM_TIMEOUT');
  });
});
