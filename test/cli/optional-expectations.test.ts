import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commands } from '../../cli/commands.ts';
import { issueCertificate, issueDocument } from '../../scripts/fixtures/attestation-authority.ts';
import {
  certificateOf,
  documentWith,
  enclavePcrs,
  madeAt,
  moduleId,
  nonce,
  publicKey,
  tpmDocumentWith,
  tpmPcrs,
  userData,
} from '../../scripts/fixtures/attestation-documents.ts';
import { encodeHex, parseHex } from '../../shared/encoding.ts';
import { runCommand } from '../support/command-io.ts';

const directory = mkdtempSync(join(tmpdir(), 'nkb-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string, contents: Uint8Array | string): string => {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
};

/** As AWS prints them: "Where to get an enclave's measurements", Nitro Enclaves User Guide. */
const roleArn = 'arn:aws:iam::111122223333:role/example-role';
const pcr3 = parseHex(
  '425591525b13848d58644fb03e43420c8eff0f51d5235e6d11a1ebce2fcdc0929b9a428a1baa404b9f76e2d56b266b07',
);
const instanceId = 'i-1234567890abcdef0';
const pcr4 = parseHex(
  '08f996b5d43e047a9eb51e7f548bfee7e164fd7dc8f65541f2ac09d6545ac812719327281c401a67a10fcba87ae79ce0',
);
const sha384 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha384');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const signer = issueCertificate(certificateOf('root'));
const pcr8 = sha384(new Uint8Array(48), sha384(signer));

const pem = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
const spki = new Uint8Array(
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    type: 'spki',
    format: 'der',
  }),
);

const pcrs = new Map([...enclavePcrs, [3, pcr3], [4, pcr4], [8, pcr8]]);
const { document, path } = issueDocument(documentWith({ fields: { pcrs } }));
const root = file('root.der', path[0] as Uint8Array);

function verify(flags: readonly string[], stdin = document) {
  const pcr0 = ['--pcr', `0=${encodeHex(enclavePcrs.get(0) as Uint8Array)}`];
  const tpm4 = ['--tpm-pcr', `4=${encodeHex(tpmPcrs.get(4) as Uint8Array)}`];
  const rest = ['--nonce', encodeHex(nonce), '--max-age', '60', '--trust-anchor', root];
  return runCommand(commands, ['verify', ...pcr0, ...tpm4, ...rest, ...flags], {
    stdin,
    now: () => madeAt,
  });
}

describe('verify: what is expected beyond measurements, nonce and age', () => {
  it.each([
    ['the public key', ['--public-key', file('key', publicKey)]],
    ['the user data', ['--user-data', encodeHex(userData)]],
    ['the module', ['--module-id', moduleId]],
    ['the instance', ['--instance-id', instanceId]],
    ['the role', ['--role-arn', roleArn]],
    ['the signer in DER', ['--signing-certificate', file('signer.der', signer)]],
    [
      'the signer in PEM',
      ['--signing-certificate', file('signer.pem', pem('CERTIFICATE', signer))],
    ],
  ])('0 with %s', async (_what, flags) => {
    expect((await verify(flags)).exitCode).toBe(0);
  });

  it('0 with a public key in PEM', async () => {
    const holder = issueDocument(documentWith({ fields: { public_key: spki } })).document;
    const flags = ['--public-key', file('key.pem', pem('PUBLIC KEY', spki))];
    expect((await verify(flags, holder)).exitCode).toBe(0);
    expect((await verify(flags)).exitCode).toBe(1);
  });

  it.each([
    ['POLICY_PUBLIC_KEY', ['--public-key', file('other', spki)]],
    ['POLICY_USER_DATA', ['--user-data', '00']],
    ['POLICY_MODULE_ID', ['--module-id', 'i-0']],
    ['POLICY_INSTANCE_ID', ['--instance-id', 'i-1234567890abcdef1']],
    ['POLICY_ROLE', ['--role-arn', `${roleArn}s`]],
    ['POLICY_SIGNING_CERTIFICATE', ['--signing-certificate', file('third', path[1] as Uint8Array)]],
  ])('1 (%s) with another', async (code, flags) => {
    const { exitCode, stdout } = await verify(flags);
    expect(exitCode).toBe(1);
    expect(stdout.toString()).toContain(`(${code})`);
  });

  it.each([
    ['POLICY_INSTANCE_ID', ['--instance-id', instanceId]],
    ['POLICY_ROLE', ['--role-arn', roleArn]],
    ['POLICY_SIGNING_CERTIFICATE', ['--signing-certificate', file('again.der', signer)]],
  ])('1 (%s) of a NitroTPM instance with registers of the same value', async (code, flags) => {
    const same = new Map([...tpmPcrs, [3, pcr3], [4, pcr4], [8, pcr8]]);
    const tpm = issueDocument(tpmDocumentWith({ fields: { nitrotpm_pcrs: same } })).document;
    const boot = ['--tpm-pcr', `7=${encodeHex(tpmPcrs.get(7) as Uint8Array)}`];
    const { stdout } = await runCommand(
      commands,
      [
        'verify',
        ...boot,
        '--nonce',
        encodeHex(nonce),
        '--historic',
        '--trust-anchor',
        root,
        ...flags,
      ],
      { stdin: tpm },
    );
    expect(stdout.toString()).toContain(`(${code})`);
  });

  it.each([
    ['no user data', ['--user-data', '']],
    ['user data behind 0x', ['--user-data', '0x00']],
    ['half a byte of user data', ['--user-data', '0']],
    ['no module', ['--module-id', '']],
    ['an instance that is a module', ['--instance-id', moduleId]],
    ['a role by its name', ['--role-arn', 'example-role']],
    [
      'an assumed role',
      ['--role-arn', 'arn:aws:sts::111122223333:assumed-role/example-role/session'],
    ],
    [
      'an instance profile',
      ['--role-arn', 'arn:aws:iam::111122223333:instance-profile/example-role'],
    ],
    ['an empty public key', ['--public-key', file('empty', '')]],
    ['a private key', ['--public-key', file('private.pem', pem('PRIVATE KEY', spki))]],
    ['a signer that is cut off', ['--signing-certificate', file('cut', signer.subarray(0, 99))]],
    ['a signer that is text', ['--signing-certificate', file('text', 'signer')]],
    [
      'two signers',
      ['--signing-certificate', file('two.pem', pem('CERTIFICATE', signer).repeat(2))],
    ],
  ])('2 with %s', async (_what, flags) => {
    expect((await verify(flags)).exitCode).toBe(2);
  });

  it('3 with a file that is not there', async () => {
    expect((await verify(['--public-key', join(directory, 'none')])).exitCode).toBe(3);
  });
});
