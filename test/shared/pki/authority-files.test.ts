import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  encodeCertificatePem,
  loadOrCreateDevelopmentNsmRoot,
  loadOrCreateDevelopmentTlsCa,
} from '../../../shared/pki/index.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const YEAR = 366 * 86_400_000;
const now = () => NOW;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'authority-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = (name: string): string => join(directory, name);

describe.each([
  ['loadOrCreateDevelopmentNsmRoot', loadOrCreateDevelopmentNsmRoot, 'nsm-root', 'secp384r1'],
  ['loadOrCreateDevelopmentTlsCa', loadOrCreateDevelopmentTlsCa, 'tls-ca', 'prime256v1'],
])('%s', (_, load, name, curve) => {
  const certificateFile = `${name}.pem`;
  const keyFile = `${name}-key.pem`;

  it('makes key and certificate, and reads the same ones the next time', async () => {
    const made = await load({ directory, now });
    const read = await load({ directory, now });
    expect(read.certificate).toEqual(made.certificate);
    expect(read.privateKey.equals(made.privateKey)).toBe(true);
    expect([read.notBefore, read.notAfter]).toEqual([made.notBefore, made.notAfter]);
    expect(made.privateKey.asymmetricKeyDetails?.namedCurve).toBe(curve);
    expect(readFileSync(path(certificateFile), 'utf8')).toBe(
      encodeCertificatePem(made.certificate),
    );
  });

  it('makes its directory for the owner only', async () => {
    await load({ directory: path('new/below'), now });
    expect(statSync(path('new/below')).mode & 0o777).toBe(0o700);
  });

  it('keeps the key for its owner only, and leaves nothing else behind', async () => {
    await load({ directory: path('new/below'), now });
    expect(statSync(path(`new/below/${keyFile}`)).mode & 0o777).toBe(0o600);
    expect(readdirSync(path('new/below')).sort()).toEqual([keyFile, certificateFile].sort());
  });

  it('agrees on one authority when called many times at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => load({ directory, now })));
    expect(new Set(all.map((one) => encodeCertificatePem(one.certificate))).size).toBe(1);
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('makes the certificate for a key whose certificate was never written', async () => {
    const made = await load({ directory, now });
    rmSync(path(certificateFile));
    const again = await load({ directory, now });
    expect(again.privateKey.equals(made.privateKey)).toBe(true);
    expect(new X509Certificate(again.certificate).checkPrivateKey(made.privateKey)).toBe(true);
  });

  it.each([
    ['PKI_KEY_MISSING', 'the key is gone', () => rmSync(path(keyFile))],
    ['PKI_DAMAGED', 'the key is empty', () => writeFileSync(path(keyFile), '')],
    ['PKI_DAMAGED', 'the certificate is empty', () => writeFileSync(path(certificateFile), '')],
    [
      'PKI_DAMAGED',
      'the key stands where the certificate should',
      () => copyFileSync(path(keyFile), path(certificateFile)),
    ],
    [
      'PKI_DAMAGED',
      'the certificate is cut short',
      () =>
        writeFileSync(path(certificateFile), readFileSync(path(certificateFile)).subarray(0, 300)),
    ],
    [
      'PKI_FILE',
      'the key cannot be read',
      () => {
        rmSync(path(keyFile));
        mkdirSync(path(keyFile));
      },
    ],
  ])('answers %s when %s', async (code, _why, damage) => {
    await load({ directory, now });
    damage();
    await expect(load({ directory, now })).rejects.toMatchObject({ code });
  });

  it('refuses every certificate of which one byte is changed', async () => {
    const { certificate } = await load({ directory, now });
    const codes = new Set<unknown>();
    for (let i = 0; i < certificate.length; i++) {
      const mutant = Uint8Array.from(certificate);
      mutant[i] = (mutant[i] ?? 0) ^ 0x55;
      writeFileSync(path(certificateFile), encodeCertificatePem(mutant));
      codes.add(
        await load({ directory, now }).then(
          () => `accepted with byte ${i} changed`,
          (error) => error.code,
        ),
      );
    }
    expect([...codes]).toEqual(['PKI_DAMAGED']);
  });

  it('refuses the key of another authority', async () => {
    await load({ directory, now });
    await load({ directory: path('other'), now });
    copyFileSync(path(`other/${keyFile}`), path(keyFile));
    await expect(load({ directory, now })).rejects.toMatchObject({ code: 'PKI_KEY_MISMATCH' });
  });

  it('refuses an authority before and after its time', async () => {
    await load({ directory, now });
    for (const time of [NOW - 2 * 3_600_000, NOW + 31 * YEAR]) {
      await expect(load({ directory, now: () => time })).rejects.toMatchObject({
        code: 'PKI_NOT_VALID_NOW',
      });
    }
  });

  it('answers PKI_FILE where the directory cannot be made', async () => {
    writeFileSync(path('file'), '');
    await expect(load({ directory: path('file/below'), now })).rejects.toMatchObject({
      code: 'PKI_FILE',
    });
  });
});

it('refuses a key on another curve', async () => {
  await loadOrCreateDevelopmentTlsCa({ directory, now });
  copyFileSync(path('tls-ca-key.pem'), path('nsm-root-key.pem'));
  await expect(loadOrCreateDevelopmentNsmRoot({ directory, now })).rejects.toMatchObject({
    code: 'PKI_DAMAGED',
  });
});

// Node 20 runs no TypeScript, so the processes run the build, which `npm test` makes first.
const built = join(import.meta.dirname, '../../../dist/shared/pki/index.js');

it.skipIf(!existsSync(built))(
  'agrees on one root between processes (skipped unbuilt)',
  async () => {
    const program = `
    import { loadOrCreateDevelopmentNsmRoot } from ${JSON.stringify(pathToFileURL(built).href)};
    const now = () => ${NOW};
    const root = await loadOrCreateDevelopmentNsmRoot({ directory: process.argv[1], now });
    process.stdout.write(Buffer.from(root.certificate).toString('hex'));
  `;
    const run = () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, directory]);
    const outputs = await Promise.all([run(), run(), run()]);
    const { certificate } = await loadOrCreateDevelopmentNsmRoot({ directory, now });
    const expected = Buffer.from(certificate).toString('hex');
    expect(outputs.map(({ stdout }) => stdout)).toEqual([expected, expected, expected]);
  },
);
