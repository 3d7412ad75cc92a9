import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { issueDocument } from '../../scripts/fixtures/attestation-authority.ts';
import {
  documentWith,
  enclavePcrs,
  madeAt,
  nonce,
} from '../../scripts/fixtures/attestation-documents.ts';
import {
  createNodeEngine,
  encodeClientBinding,
  hashClientBinding,
} from '../../shared/attestation/node.ts';
import { encodeHex } from '../../shared/encoding.ts';
import { runCommand } from '../support/command-io.ts';

const directory = mkdtempSync(join(tmpdir(), 'nkb-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string, contents: Uint8Array | string): string => {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
};

const configHash = new Uint8Array(32).fill(0xc0);
const data = new TextEncoder().encode('a key of the client');
const binding = encodeClientBinding({ purpose: 'client', configHash, data });
const empty = encodeClientBinding({ purpose: 'client', configHash, data: new Uint8Array(0) });
const foreign = encodeClientBinding({
  purpose: 'client',
  configHash,
  data: new TextEncoder().encode('another'),
});

const hash = encodeHex(configHash);
const dataHex = encodeHex(data);
const raw = file('binding', binding);
const rest = ['--client-data', dataHex, '--config-hash', hash];

function verify(flags: readonly string[], bound = binding) {
  const fields = { public_key: null, user_data: hashClientBinding(bound, createNodeEngine()) };
  const { document, path } = issueDocument(documentWith({ fields }));
  const pcr0 = ['--pcr', `0=${encodeHex(enclavePcrs.get(0) as Uint8Array)}`];
  const root = file('root.der', path[0] as Uint8Array);
  const common = ['--nonce', encodeHex(nonce), '--max-age', '60', '--trust-anchor', root];
  return runCommand(commands, ['verify', ...pcr0, ...common, ...flags], {
    stdin: document,
    now: () => madeAt,
  });
}

describe('verify: a document that was made for a client', () => {
  it.each([
    ['the binding as it is', ['--binding', raw, ...rest]],
    [
      'the binding in base64, as the API answers it',
      ['--binding', file('base64', `${Buffer.from(binding).toString('base64')}\n`), ...rest],
    ],
    ['the binding in hex', ['--binding', file('hex', encodeHex(binding)), ...rest]],
    [
      'data in a file',
      ['--binding', raw, '--client-data', `@${file('data', data)}`, '--config-hash', hash],
    ],
    [
      'any configuration, waived',
      ['--binding', raw, '--client-data', dataHex, '--waive-config-hash', 'PCR0 covers it'],
    ],
  ])('is trusted with %s', async (_what, flags) => {
    const { exitCode, stdout, stderr } = await verify(flags);
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('read')]);
    expect(stdout.toString()).toContain('policy.client_binding');
  });

  it('is trusted without data, if that is said', async () => {
    const flags = ['--binding', file('empty', empty), '--client-data', '', '--config-hash', hash];
    expect((await verify(flags, empty)).exitCode).toBe(0);
  });

  it.each([
    [
      'POLICY_CLIENT_BINDING',
      ['--binding', file('foreign', foreign), '--client-data', dataHex, '--config-hash', hash],
    ],
    ['CLIENT_BINDING_SYNTAX', ['--binding', file('none', 'none'), ...rest]],
    ['POLICY_CLIENT_DATA', ['--binding', raw, '--client-data', '00', '--config-hash', hash]],
    ['POLICY_CLIENT_DATA', ['--binding', raw, '--client-data', '', '--config-hash', hash]],
    [
      'POLICY_CONFIG_HASH',
      ['--binding', raw, '--client-data', dataHex, '--config-hash', '00'.repeat(32)],
    ],
  ])('is not trusted: %s', async (code, flags) => {
    const { exitCode, stdout } = await verify(flags);
    expect([exitCode, stdout.toString()]).toEqual([1, expect.stringContaining(code)]);
  });

  it('is trusted for its purpose and no other', async () => {
    const inside = encodeClientBinding({ purpose: 'enclave', configHash, data });
    const flags = ['--binding', file('inside', inside), ...rest];
    expect((await verify([...flags, '--purpose', 'enclave'], inside)).exitCode).toBe(0);
    expect((await verify(flags, inside)).exitCode).toBe(1);
    expect((await verify(['--binding', raw, ...rest, '--purpose', 'enclave'])).exitCode).toBe(1);
  });

  it('is not trusted for another client than the one that asked', async () => {
    const { exitCode, stdout } = await verify(
      ['--binding', file('foreign', foreign), ...rest],
      foreign,
    );
    expect([exitCode, stdout.toString()]).toEqual([
      1,
      expect.stringContaining('POLICY_CLIENT_DATA'),
    ]);
  });

  it.each([
    ['a binding alone', ['--binding', raw]],
    ['no data', ['--binding', raw, '--config-hash', hash]],
    ['no configuration', ['--binding', raw, '--client-data', dataHex]],
    ['no binding', rest],
    ['a waiver alone', ['--waive-config-hash', 'why']],
    ['configuration and waiver', ['--binding', raw, ...rest, '--waive-config-hash', 'why']],
    [
      'a waiver without a reason',
      ['--binding', raw, '--client-data', dataHex, '--waive-config-hash', ' '],
    ],
    [
      'a hash of 48 bytes',
      ['--binding', raw, '--client-data', dataHex, '--config-hash', '00'.repeat(48)],
    ],
    ['an unknown purpose', ['--binding', raw, ...rest, '--purpose', 'recipient']],
    ['a purpose alone', ['--purpose', 'client']],
    ['a hash that is no hex', ['--binding', raw, '--client-data', dataHex, '--config-hash', 'x']],
    ['data that is no hex', ['--binding', raw, '--client-data', 'x', '--config-hash', hash]],
  ])('is not judged with %s', async (_what, flags) => {
    const { exitCode, stdout } = await verify(flags);
    expect([exitCode, stdout.toString()]).toEqual([2, '']);
  });
});
