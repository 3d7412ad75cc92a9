import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  openEnvelope,
  parseEnvelope,
  recipientIdOf,
  sealEnvelope,
} from '../../../shared/cms/index.ts';
import { MAX_ENVELOPE_BYTES } from '../../../shared/cms/layout.ts';
import { codeOf } from '../../support/codes.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';
import { newRecipient, recipient, recipientId } from './envelopes.ts';
import { cmsVectors, type RecipientKey } from './vectors.ts';

const forms = ['constructed', 'primitive'] as const;

function reopen(envelope: Uint8Array, { privateKey, spki }: RecipientKey): Uint8Array {
  return openEnvelope({ envelope, privateKey, recipientId: recipientIdOf(spki) }).reveal((bytes) =>
    Uint8Array.from(bytes),
  );
}

describe('sealEnvelope', () => {
  it.each(forms)('seals what openEnvelope opens, in the %s form', (form) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4200 }), (plaintext) => {
        const envelope = sealEnvelope({ plaintext, recipientSpki: recipient.spki, form });
        expect(Buffer.compare(reopen(envelope, recipient), plaintext)).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['constructed', 0, 461],
    ['constructed', 15, 461],
    ['constructed', 16, 477],
    ['constructed', 32, 493],
    ['primitive', 12, 457],
    ['constructed', 4096, 4573],
  ] as const)('writes the length that KMS writes: %s, %i bytes', (form, length, total) => {
    const plaintext = new Uint8Array(length);
    expect(sealEnvelope({ plaintext, recipientSpki: recipient.spki, form }).length).toBe(total);
  });

  it.each([3072, 4096])('seals to RSA-%i', (modulusLength) => {
    const larger = newRecipient(modulusLength);
    const plaintext = new Uint8Array(32).fill(3);
    const envelope = sealEnvelope({ plaintext, recipientSpki: larger.spki });
    expect(Buffer.compare(reopen(envelope, larger), plaintext)).toBe(0);
  });

  it('names the recipient by SHA-256 of the key', () => {
    const envelope = sealEnvelope({ plaintext: new Uint8Array(1), recipientSpki: recipient.spki });
    expect(Buffer.compare(parseEnvelope(envelope).recipientId, recipientId)).toBe(0);
  });

  it.skipIf(cmsVectors.length === 0)('names it as KMS does (../shared/vectors)', () => {
    const withKey = cmsVectors.filter(({ key }) => key !== undefined);
    expect(withKey.length).toBe(2);
    for (const { blob, key } of withKey) {
      const wanted = recipientIdOf((key as RecipientKey).spki);
      expect(Buffer.compare(parseEnvelope(blob).recipientId, wanted)).toBe(0);
    }
  });

  it('takes the content key and the IV from the given source, and wipes the key', () => {
    const given: Uint8Array[] = [];
    const randomBytes = (length: number): Uint8Array => {
      given.push(new Uint8Array(length).fill(0xa0 + given.length));
      return given.at(-1) as Uint8Array;
    };
    const plaintext = new Uint8Array(8);
    const envelope = sealEnvelope({ plaintext, recipientSpki: recipient.spki, randomBytes });
    const [contentKey, iv] = given;
    expect(contentKey).toEqual(new Uint8Array(32));
    expect(Buffer.compare(parseEnvelope(envelope).iv, iv as Uint8Array)).toBe(0);
    expect(iv).toEqual(new Uint8Array(16).fill(0xa1));
  });

  it('uses a fresh key and IV each time', () => {
    const seal = () =>
      parseEnvelope(sealEnvelope({ plaintext: new Uint8Array(16), recipientSpki: recipient.spki }));
    const [first, second] = [seal(), seal()];
    expect(Buffer.compare(first.iv, second.iv)).not.toBe(0);
    expect(Buffer.compare(first.encryptedContent, second.encryptedContent)).not.toBe(0);
  });

  const spkiOf = (key: { export(options: { format: 'der'; type: 'spki' }): Buffer }) =>
    Uint8Array.from(key.export({ format: 'der', type: 'spki' }));

  it.each<[string, () => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['garbage', () => new Uint8Array(294).fill(0x30)],
    ['RSA-1024', () => newRecipient(1024).spki],
    ['an EC key', () => spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey)],
    [
      'an RSA-PSS key',
      () => spkiOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey),
    ],
    ['a byte after the key', () => Uint8Array.of(...recipient.spki, 0)],
    ['a key cut short', () => recipient.spki.subarray(0, -1)],
  ])('refuses %s as the recipient', (_name, recipientSpki) => {
    const plaintext = new Uint8Array(1);
    const seal = () => sealEnvelope({ plaintext, recipientSpki: recipientSpki() });
    expect(codeOf(seal)).toBe('CMS_RECIPIENT_KEY');
  });

  it('refuses a plaintext whose envelope would be over the cap, and no shorter one', () => {
    const seal = (length: number) =>
      sealEnvelope({
        plaintext: new Uint8Array(length),
        recipientSpki: recipient.spki,
        form: 'primitive',
      });
    // 443 bytes of envelope around 5696 of ciphertext, 5695 of plaintext.
    expect(seal(5695).length).toBeLessThanOrEqual(MAX_ENVELOPE_BYTES);
    expect(codeOf(() => seal(5696))).toBe('CMS_TOO_LARGE');
    expect(codeOf(() => seal(100_000))).toBe('CMS_TOO_LARGE');
  });
});

describe.skipIf(!haveOpenssl)('with the openssl command (skipped where it is missing)', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-'));
  const keyFile = join(directory, 'key.pem');
  writeFileSync(keyFile, recipient.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each(forms)('openssl decrypts what is sealed in the %s form', (form) => {
    const plaintext = new Uint8Array(3000).map((_, index) => index);
    const envelope = sealEnvelope({ plaintext, recipientSpki: recipient.spki, form });
    const args = ['cms', '-decrypt', '-binary', '-inform', 'DER', '-inkey', keyFile];
    expect(Buffer.compare(openssl(args, envelope), plaintext)).toBe(0);
  });
});
