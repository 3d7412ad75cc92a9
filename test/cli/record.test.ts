import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INDEX_FILE } from '../../cli/fixtures/index-file.ts';
import { recordCommand } from '../../cli/record.ts';
import { createNodeEngine } from '../../shared/attestation/node.ts';
import { runCommand } from '../support/command-io.ts';
import { fixturesRoot, openFixtureFolder } from '../support/fixtures.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const synthetic = (file: string) => join(fixturesRoot, 'synthetic', file);
const root = synthetic('root.pem');
const call = synthetic('generate-data-key.cose');
const request = synthetic('generate-data-key.request.json');
const envelope = synthetic('generate-data-key.ber');

const run = (...argv: readonly string[]) => runCommand([recordCommand], ['record', ...argv]);
const record = (document: string, into: string, ...more: readonly string[]) =>
  run('--document', document, '--into', into, '--trust-anchor', root, ...more);

function fileOf(content: string | Uint8Array): string {
  const path = join(temporaryDirectory(), 'input');
  writeFileSync(path, content);
  return path;
}

describe('record', () => {
  it('writes a whole call, which replays without its key', async () => {
    const into = join(temporaryDirectory(), 'new');
    const more = ['--request', request, '--envelope', envelope, '--note', 'A call.'];
    const { exitCode, stdout } = await record(call, into, ...more);
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toMatch(/^enclave-20260102t030405z-[0-9a-f]{8}: trusted\n$/);

    const folder = openFixtureFolder(into);
    const [fixture, ...others] = folder.fixtures;
    if (fixture === undefined) throw new Error('there is no fixture');
    expect(others).toEqual([]);
    expect(fixture.what).toBe('A call.');
    expect(fixture.document?.expected).toEqual({ verdict: 'trusted' });
    expect(fixture.envelope?.privateKey).toBeUndefined();
    expect(await folder.replay(fixture, createNodeEngine())).toEqual({
      document: fixture.document?.expected,
      envelope: fixture.envelope?.expected,
    });
    expect(folder.read(`${fixture.name}.cose`)).toEqual(new Uint8Array(readFileSync(call)));
  });

  it('records a refusal too, at the clock that it is given', async () => {
    const into = temporaryDirectory();
    const { exitCode, stdout } = await record(call, into, '--clock', '2026-01-03T00:00:00Z');
    expect(exitCode).toBe(0);
    expect(stdout.toString()).toContain('untrusted (path.validity PATH_EXPIRED)');
    const [fixture] = openFixtureFolder(into).fixtures;
    expect(fixture?.document?.clock).toBe(Date.UTC(2026, 0, 3));
  });

  it('says as JSON what a replay must find', async () => {
    const trusted = await record(call, temporaryDirectory(), '--json');
    expect(JSON.parse(trusted.stdout.toString())).toEqual({
      name: expect.stringMatching(/^enclave-20260102t030405z-[0-9a-f]{8}$/),
      verdict: 'trusted',
    });
    const late = ['--clock', '2026-01-03T00:00:00Z', '--json'];
    const untrusted = await record(call, temporaryDirectory(), ...late);
    expect(JSON.parse(untrusted.stdout.toString())).toMatchObject({
      verdict: 'untrusted',
      check: 'path.validity',
      code: 'PATH_EXPIRED',
    });
  });

  it("judges at the document's own time where no clock is given, under AWS's root by default", async () => {
    const into = temporaryDirectory();
    const { stdout } = await run(
      ...['--document', join(fixturesRoot, 'recorded', 'tpm-20260202-us-east-1-7877d3db.cose')],
      ...['--into', into],
    );
    expect(stdout.toString()).toBe('nitrotpm-20260202t072828z-7877d3db: trusted\n');
  });

  it('adds to an index, and shares the roots of it', async () => {
    const into = temporaryDirectory();
    await record(call, into);
    await record(synthetic('valid-indefinite.cose'), into);
    expect(openFixtureFolder(into).fixtures).toHaveLength(2);
    expect(readdirSync(into).filter((file) => file.startsWith('root-'))).toHaveLength(1);
  });

  it('reads base64 as well', async () => {
    const document = fileOf(readFileSync(call).toString('base64'));
    const into = temporaryDirectory();
    expect((await record(document, into)).exitCode).toBe(0);
    const [fixture] = openFixtureFolder(into).fixtures;
    expect(readFileSync(join(into, fixture?.document?.file ?? ''))).toEqual(readFileSync(call));
  });

  it('keeps of a request only what a call with a Recipient has', async () => {
    const body = JSON.parse(readFileSync(request, 'utf8'));
    const more = fileOf(JSON.stringify({ ...body, Plaintext: 'c2VjcmV0' }));
    const into = temporaryDirectory();
    expect((await record(call, into, '--request', more)).exitCode).toBe(0);
    const [fixture] = openFixtureFolder(into).fixtures;
    expect(JSON.parse(readFileSync(join(into, fixture?.request ?? ''), 'utf8'))).toEqual(body);
  });

  it('overwrites nothing', async () => {
    const into = temporaryDirectory();
    await record(call, into);
    const before = readdirSync(into).map((file) => [file, readFileSync(join(into, file), 'hex')]);
    const { exitCode, stderr } = await record(call, into, '--note', 'Again.');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('is not overwritten');
    expect(readdirSync(into).map((file) => [file, readFileSync(join(into, file), 'hex')])).toEqual(
      before,
    );
  });

  it('overwrites no file that no index speaks of', async () => {
    const into = temporaryDirectory();
    await record(call, into);
    const [fixture] = openFixtureFolder(into).fixtures;
    const other = temporaryDirectory();
    writeFileSync(join(other, `${fixture?.name}.cose`), 'precious');
    expect((await record(call, other)).exitCode).toBe(3);
    expect(readdirSync(other)).toEqual([`${fixture?.name}.cose`]);
    expect(readFileSync(join(other, `${fixture?.name}.cose`), 'utf8')).toBe('precious');
  });

  it('does not add to an index that cannot be used', async () => {
    const into = temporaryDirectory();
    writeFileSync(join(into, INDEX_FILE), '{"documents": []}');
    const { exitCode, stderr } = await record(call, into);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('CONFIG_UNKNOWN_KEY');
    expect(readdirSync(into)).toEqual([INDEX_FILE]);
  });

  it.each([
    ['a document that is none', envelope, [], 1, 'CBOR_'],
    ['an empty document', fileOf.bind(undefined, ''), [], 1, 'COSE_SIZE'],
    ['an envelope that is none', call, ['--envelope', call], 1, 'ASN1_'],
    [
      'an envelope for another key',
      synthetic('valid-indefinite.cose'),
      ['--envelope', envelope],
      1,
      'FIXTURE_RECIPIENT',
    ],
    [
      'an envelope for a document without a key',
      synthetic('valid-without-optional-fields.cose'),
      ['--envelope', envelope],
      1,
      'FIXTURE_RECIPIENT',
    ],
    [
      'a request with another document',
      synthetic('valid-indefinite.cose'),
      ['--request', request],
      1,
      'FIXTURE_REQUEST',
    ],
    ['a request that is no JSON', call, ['--request', call], 1, 'FIXTURE_REQUEST'],
    ['a private key for a request', call, ['--request', root], 1, 'FIXTURE_REQUEST'],
    ['a file that is not there', '/nonexistent', [], 3, 'cannot be read'],
    ['a clock that is none', call, ['--clock', 'noon'], 2, '--clock'],
    ['an empty note', call, ['--note', ' '], 2, '--note'],
    ['a positional', call, ['here'], 2, 'unexpected argument'],
  ])('refuses %s and writes nothing', async (_what, document, more, exit, text) => {
    const into = temporaryDirectory();
    const path = typeof document === 'function' ? document() : document;
    const { exitCode, stderr, stdout } = await record(path, into, ...more);
    expect(exitCode).toBe(exit);
    expect(stderr).toContain(text);
    expect(stdout).toHaveLength(0);
    expect(readdirSync(into)).toEqual([]);
  });

  it.each([
    ['no document', ['--into', '/tmp']],
    ['no folder', ['--document', call]],
  ])('refuses %s as wrong usage', async (_what, argv) => {
    expect((await run(...argv)).exitCode).toBe(2);
  });
});
