import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { openEnvelope, recipientIdOf, sealEnvelope } from '../../../shared/cms/index.ts';
import { UnwrapError } from '../../../shared/errors.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import {
  assemble,
  contentKey,
  newRecipient,
  octets,
  plaintext,
  recipient,
  recipientId,
} from './envelopes.ts';
import { failures, padded, rawContent } from './failing-envelopes.ts';
import { cmsVectors, type RecipientKey, unhex } from './vectors.ts';

function open(envelope: Uint8Array, { privateKey, spki }: RecipientKey = recipient): string {
  const secret = openEnvelope({ envelope, privateKey, recipientId: recipientIdOf(spki) });
  return secret.reveal((bytes) => Buffer.from(bytes).toString('hex'));
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const withKey = cmsVectors.filter(({ key }) => key !== undefined);

describe.skipIf(withKey.length === 0)('recorded KMS blobs (../shared/vectors)', () => {
  it.each(withKey)('opens $name', ({ blob, key, entry }) => {
    expect(open(blob, key)).toBe(entry.expected.plaintext_hex);
  });

  it.each(withKey)('after any change of one byte, $name never gives its plaintext', (vector) => {
    const { blob, key, entry } = vector;
    const inContent = byteRanges(blob, [entry.structure.iv_hex, entry.ciphertext_hex as string]);
    for (const { at, mutated } of oneByteMutations(blob)) {
      const code = codeOf(() => {
        const opened = open(mutated, key);
        // Nothing authenticates the IV and the content: they may open, to other bytes. Nothing
        // else of the envelope may change and still open.
        expect(inContent(at), `byte ${at}`).toBe(true);
        expect(opened).not.toBe(entry.expected.plaintext_hex);
      });
      if (code !== undefined) expect(code).toMatch(/^(ASN1|CMS|UNWRAP)_/);
    }
  });
});

describe('openEnvelope', () => {
  it('gives the plaintext as a secret that the caller disposes of', () => {
    const { privateKey } = recipient;
    const secret = openEnvelope({ envelope: assemble({}), privateKey, recipientId });
    expect(secret.reveal(hexOf)).toBe(hexOf(plaintext));
    secret.dispose();
    expect(secret.disposed).toBe(true);
  });

  it('opens an empty plaintext', () => {
    expect(
      open(sealEnvelope({ plaintext: new Uint8Array(0), recipientSpki: recipient.spki })),
    ).toBe('');
  });

  it('refuses an envelope for another key', () => {
    const other = newRecipient(2048);
    expect(codeOf(() => open(assemble({}), other))).toBe('UNWRAP_RECIPIENT');
  });

  it('refuses an expected recipient id of another length', () => {
    const { privateKey } = recipient;
    const short = recipientId.subarray(1);
    const refused = () => openEnvelope({ envelope: assemble({}), privateKey, recipientId: short });
    expect(codeOf(refused)).toBe('UNWRAP_RECIPIENT');
  });

  it.each([0, 255, 257, 512])('refuses an encrypted key of %i bytes for RSA-2048', (length) => {
    const encryptedKey = octets(new Uint8Array(length));
    expect(codeOf(() => open(assemble({ encryptedKey })))).toBe('CMS_LENGTH');
  });

  it('takes no private key but RSA', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const misuse = () => openEnvelope({ envelope: assemble({}), privateKey, recipientId });
    expect(misuse).toThrow(TypeError);
  });
});

describe('what fails after the private key is used', () => {
  it.each(failures)('refuses %s', (_name, replaced) => {
    expect(codeOf(() => open(assemble(replaced)))).toBe('UNWRAP_FAILED');
  });

  it('looks the same, whatever it was', () => {
    const faces = failures.map(([, replaced]) => {
      const error = caught(() => open(assemble(replaced)));
      expect(error).toBeInstanceOf(UnwrapError);
      expect(error.cause).toBeUndefined();
      return `${JSON.stringify(error)} ${error.stack?.split('\n').slice(0, 2).join(' ')}`;
    });
    expect(new Set(faces).size).toBe(1);
  });

  it.each([
    ['padding of 1', padded(1), 31],
    ['padding of 2', padded(2, 2), 30],
    ['padding of 15', padded(...new Array<number>(15).fill(15)), 17],
    ['padding of 16', padded(...new Array<number>(16).fill(16)), 16],
  ])('accepts %s', (_name, replaced, length) => {
    expect(open(assemble(replaced))).toBe('41'.repeat(length));
  });

  it('says nothing of the plaintext', () => {
    const secret = Buffer.from('correct horse battery staple 32b');
    const blocks = Uint8Array.of(...secret, ...new Uint8Array(16));
    const error = caught(() => open(assemble({ content: rawContent(blocks) })));
    const said = `${inspect(error, { showHidden: true, depth: null })} ${JSON.stringify(error)}`;
    for (const known of [secret, Buffer.from(contentKey)]) {
      for (const encoding of ['latin1', 'hex', 'base64'] as const) {
        expect(said).not.toContain(known.toString(encoding).slice(0, 8));
      }
    }
  });
});

describe.skipIf(!haveOpenssl)('with the openssl command (skipped where it is missing)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-'));
  const file = (name: string): string => join(directory, name);
  afterAll(() => rmSync(directory, { recursive: true }));

  // `openssl cms -keyid` names the recipient by the certificate's subjectKeyIdentifier, so the
  // certificate is given SHA-256 of the key there, as KMS would write.
  function encryptWithOpenssl(...options: string[]): Uint8Array {
    writeFileSync(file('key.pem'), recipient.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const keyIdentifier = hexOf(recipientId);
    openssl([
      'req',
      '-x509',
      '-new',
      '-key',
      file('key.pem'),
      '-subj',
      '/CN=recipient',
      '-addext',
      `subjectKeyIdentifier=${keyIdentifier}`,
      '-out',
      file('cert.pem'),
    ]);
    return openssl(
      [
        'cms',
        '-encrypt',
        '-binary',
        '-outform',
        'DER',
        '-keyid',
        '-recip',
        file('cert.pem'),
        ...options,
      ],
      plaintext,
    );
  }
  const oaep = ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256'];
  const mgf1 = ['-keyopt', 'rsa_mgf1_md:sha256'];

  it('opens what openssl seals in definite lengths', () => {
    expect(open(encryptWithOpenssl('-aes256', ...oaep, ...mgf1))).toBe(hexOf(plaintext));
  });

  it('opens what openssl seals in indefinite lengths', () => {
    expect(open(encryptWithOpenssl('-aes256', '-stream', ...oaep, ...mgf1))).toBe(hexOf(plaintext));
  });

  it.each([
    ['AES-128', ['-aes128', ...oaep, ...mgf1], 'CMS_ALGORITHM'],
    ['OAEP with SHA-1', ['-aes256', '-keyopt', 'rsa_padding_mode:oaep'], 'CMS_ALGORITHM'],
    ['PKCS #1 v1.5', ['-aes256'], 'CMS_ALGORITHM'],
  ])('refuses what openssl seals with %s', (_name, options, code) => {
    expect(codeOf(() => open(encryptWithOpenssl(...options)))).toBe(code);
  });
});

function caught(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
}

/** Whether a position is within one of these fields of the blob. */
function byteRanges(blob: Uint8Array, fields: readonly string[]): (at: number) => boolean {
  const ranges = fields.map((field) => {
    const start = Buffer.from(blob).indexOf(unhex(field));
    expect(start).toBeGreaterThan(0);
    return { start, end: start + field.length / 2 };
  });
  return (at) => ranges.some(({ start, end }) => at >= start && at < end);
}
