import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cmsCommands } from '../../cli/cms.ts';
import { type CommandResult, runCommand } from '../support/command-io.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { vectorsPath } from '../support/vectors.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs8 = privateKey.export({ format: 'pem', type: 'pkcs8' });
const spki = publicKey.export({ format: 'pem', type: 'spki' });

function file(content: string | Uint8Array): string {
  const path = join(temporaryDirectory(), 'file');
  writeFileSync(path, content);
  return path;
}

const run = (argv: readonly string[], stdin?: Uint8Array): Promise<CommandResult> =>
  runCommand(cmsCommands, ['cms', ...argv], stdin === undefined ? {} : { stdin });

async function sealed(): Promise<Buffer> {
  return (await run(['seal', '--public-key', file(spki)], Buffer.from('plain'))).stdout;
}

const recorded = ['kms-hello-world', 'kms-datakey-32'].map((name) => ({
  name,
  blob: vectorsPath('cms', `${name}.ber`),
  key: vectorsPath('cms', `${name}.key.pem`),
}));

describe('cms open', () => {
  it.skipIf(recorded[0]?.blob === undefined)(
    'opens recorded KMS blobs (../shared/vectors), from a file or standard input, in any encoding',
    async () => {
      const index = JSON.parse(readFileSync(vectorsPath('cms', 'index.json') as string, 'utf8'));
      for (const { name, blob = '', key = '' } of recorded) {
        const entry = index.vectors.find(
          (vector: { file: string }) => vector.file === `${name}.ber`,
        );
        const bytes = readFileSync(blob);
        const open = ['open', '--private-key', key];
        const results = [
          await run([...open, blob]),
          await run(open, bytes),
          await run([...open, '-'], Buffer.from(bytes.toString('base64'))),
          await run(open, Buffer.from(`${bytes.toString('hex')}\n`)),
        ];
        for (const { exitCode, stdout } of results) {
          expect(exitCode).toBe(0);
          expect(stdout.toString('hex')).toBe(entry.expected.plaintext_hex);
        }
        const json = JSON.parse((await run([...open, '--json', blob])).stdout.toString());
        expect(json).toEqual({
          plaintext: Buffer.from(entry.expected.plaintext_hex, 'hex').toString('base64'),
          recipientId: entry.structure.subject_key_identifier_hex,
        });
      }
    },
  );

  it('takes a PKCS #1 key', async () => {
    const pkcs1 = file(privateKey.export({ format: 'pem', type: 'pkcs1' }));
    const { exitCode, stdout } = await run(['open', '--private-key', pkcs1], await sealed());
    expect([exitCode, stdout.toString()]).toEqual([0, 'plain']);
  });

  it.each<[string, (blob: Buffer) => Uint8Array, string]>([
    ['a blob cut short', (blob) => blob.subarray(0, -1), 'ASN1_SYNTAX'],
    ['nothing', () => new Uint8Array(0), 'ASN1_SYNTAX'],
    ['prose', () => Buffer.from('hello, world'), 'ASN1_SYNTAX'],
    ['a blob for another key', (blob) => changed(blob, 40), 'UNWRAP_RECIPIENT'],
    ['a blob whose key does not decrypt', (blob) => changed(blob, 200), 'UNWRAP_FAILED'],
    ['more than is read', () => new Uint8Array(100_000), 'INPUT_TOO_LARGE'],
  ])('exits 1 for %s and writes no plaintext', async (_name, change, code) => {
    const blob = change(await sealed());
    const { exitCode, stdout, stderr } = await run(['open', '--private-key', file(pkcs8)], blob);
    expect([exitCode, stdout.length]).toEqual([1, 0]);
    expect(stderr).toContain(code);
  });

  it.each<[string, string[], number]>([
    ['no key', ['open'], 2],
    ['two blobs', ['open', '--private-key', 'a', 'b', 'c'], 2],
    ['an unknown flag', ['open', '--key', 'a'], 2],
    ['a key file that is missing', ['open', '--private-key', '/nonexistent/key.pem'], 3],
  ])('exits for %s', async (_name, argv, exitCode) => {
    expect((await run(argv)).exitCode).toBe(exitCode);
  });

  it('exits 3 for a blob that is missing', async () => {
    const argv = ['open', '--private-key', file(pkcs8), '/nonexistent/blob'];
    expect((await run(argv)).exitCode).toBe(3);
  });

  it.each([
    ['a public key', () => spki],
    ['an EC key', () => ecKey()],
    ['a key under a passphrase', () => encryptedKey()],
    ['garbage', () => 'garbage'],
  ])('exits 3 for %s as the private key, and quotes nothing of it', async (_name, content) => {
    const text = content().toString();
    const { exitCode, stderr } = await run(['open', '--private-key', file(text)], await sealed());
    expect(exitCode).toBe(3);
    for (const line of text.split('\n').filter(Boolean)) expect(stderr).not.toContain(line);
  });
});

describe('cms seal', () => {
  it.each([
    ['PEM', spki],
    ['PKCS #1 PEM', publicKey.export({ format: 'pem', type: 'pkcs1' })],
    ['DER', publicKey.export({ format: 'der', type: 'spki' })],
  ])('seals to a key in %s', async (_name, key) => {
    const { exitCode, stdout } = await run([
      'seal',
      '--public-key',
      file(key),
      file('from a file'),
    ]);
    expect(exitCode).toBe(0);
    const opened = await run(['open', '--private-key', file(pkcs8)], stdout);
    expect(opened.stdout.toString()).toBe('from a file');
  });

  it('does not decode a plaintext that looks like hex', async () => {
    const { stdout } = await run(['seal', '--public-key', file(spki)], Buffer.from('00ff'));
    const opened = await run(['open', '--private-key', file(pkcs8)], stdout);
    expect(opened.stdout.toString()).toBe('00ff');
  });

  it('writes either form', async () => {
    const seal = ['seal', '--public-key', file(spki), '--form'];
    const lengths = await Promise.all(
      ['constructed', 'primitive'].map(
        async (form) => (await run([...seal, form], Buffer.alloc(12))).stdout.length,
      ),
    );
    expect(lengths).toEqual([461, 457]);
  });

  it('writes JSON that cms open reads from', async () => {
    const { stdout } = await run(['seal', '--json', '--public-key', file(spki)], Buffer.from('x'));
    const { ciphertextForRecipient, recipientId } = JSON.parse(stdout.toString());
    const argv = ['open', '--json', '--private-key', file(pkcs8)];
    const opened = await run(argv, Buffer.from(ciphertextForRecipient));
    expect(JSON.parse(opened.stdout.toString())).toEqual({ plaintext: 'eA==', recipientId });
  });

  it.each<[string, () => string[], number]>([
    ['no key', () => ['seal'], 2],
    ['an unknown form', () => ['seal', '--public-key', file(spki), '--form', 'der'], 2],
    ['a missing key file', () => ['seal', '--public-key', '/nonexistent/key.pem'], 3],
    ['a key file of garbage', () => ['seal', '--public-key', file('garbage')], 3],
    ['a PEM of garbage', () => ['seal', '--public-key', file('-----BEGIN PUBLIC KEY-----')], 3],
    ['an EC key', () => ['seal', '--public-key', file(publicPemOf(ecKey()))], 1],
  ])('exits for %s', async (_name, argv, exitCode) => {
    expect((await run(argv(), new Uint8Array(1))).exitCode).toBe(exitCode);
  });
});

function changed(blob: Buffer, at: number): Buffer {
  const copy = Buffer.from(blob);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

function ecKey(): string | Buffer {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return ec.privateKey.export({ format: 'pem', type: 'pkcs8' });
}

function publicPemOf(pem: string | Buffer): string | Buffer {
  return createPublicKey(createPrivateKey(pem)).export({ format: 'pem', type: 'spki' });
}

function encryptedKey(): string | Buffer {
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'p' };
  return privateKey.export({ format: 'pem', type: 'pkcs8', ...cipher });
}
