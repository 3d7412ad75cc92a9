import { generateKeyPairSync, webcrypto } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createEnvelopeOpener,
  openEnvelope,
  recipientIdOf,
  sealEnvelope,
} from '../../../shared/cms/index.ts';
import type { Secret } from '../../../shared/secret.ts';
import { oneByteMutations } from '../../support/mutations.ts';
import { assemble, newRecipient, octets, plaintext, recipient, recipientId } from './envelopes.ts';
import { failures } from './failing-envelopes.ts';
import { cmsVectors, type RecipientKey } from './vectors.ts';

const createOpener = ({ privateKey, spki }: RecipientKey, slots = 2) =>
  createEnvelopeOpener({ privateKey, recipientId: recipientIdOf(spki), slots });

const opener = await createOpener(recipient);
const take = (secret: Secret): string => {
  const hex = secret.reveal((bytes) => Buffer.from(bytes).toString('hex'));
  secret.dispose();
  return hex;
};

/** The plaintext, or all that an error shows but its stack. */
async function outcomeOf(open: () => Secret | Promise<Secret>): Promise<unknown> {
  try {
    return take(await open());
  } catch (error) {
    return { error, json: JSON.stringify(error), cause: (error as Error).cause };
  }
}

function openSync(envelope: Uint8Array, { privateKey, spki } = recipient): Secret {
  return openEnvelope({ envelope, privateKey, recipientId: recipientIdOf(spki) });
}

describe('the opener', () => {
  it('opens what openEnvelope opens', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 4000 }),
        fc.constantFrom('constructed', 'primitive'),
        async (content, form) => {
          const { spki: recipientSpki } = recipient;
          const envelope = sealEnvelope({ plaintext: content, recipientSpki, form });
          expect(take(await opener.open(envelope))).toBe(Buffer.from(content).toString('hex'));
        },
      ),
      { numRuns: 30 },
    ));

  it.each([3072, 4096])('opens with RSA-%i', async (bits) => {
    const large = newRecipient(bits);
    const { open } = await createOpener(large);
    const envelope = sealEnvelope({ plaintext, recipientSpki: large.spki });
    expect(take(await open(envelope))).toBe(Buffer.from(plaintext).toString('hex'));
  });

  it('answers as openEnvelope does after any change of one byte', async () => {
    for (const { at, mutated } of oneByteMutations(assemble({}))) {
      const expected = await outcomeOf(() => openSync(mutated));
      expect(await outcomeOf(() => opener.open(mutated)), `byte ${at}`).toEqual(expected);
    }
  });

  it.each(failures)('refuses %s as openEnvelope does', async (_name, replaced) => {
    const envelope = assemble(replaced);
    const refused = await outcomeOf(() => opener.open(envelope));
    expect(refused).toMatchObject({ error: { code: 'UNWRAP_FAILED' }, cause: undefined });
    expect(refused).toEqual(await outcomeOf(() => openSync(envelope)));
  });

  it('gives each of many at once its own', async () => {
    const texts = Array.from({ length: 64 }, (_, index) => Uint8Array.of(index, 1, 2));
    const opened = await Promise.all(
      texts.map((text) =>
        opener.open(sealEnvelope({ plaintext: text, recipientSpki: recipient.spki })),
      ),
    );
    expect(opened.map(take)).toEqual(texts.map((text) => Buffer.from(text).toString('hex')));
  });

  it('takes no private key but RSA', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(createEnvelopeOpener({ privateKey, recipientId, slots: 1 })).rejects.toThrow(
      TypeError,
    );
  });
});

const withKey = cmsVectors.filter(({ key }) => key !== undefined);

describe.skipIf(withKey.length === 0)('recorded KMS blobs (../shared/vectors)', () => {
  it.each(withKey)('opens $name', async ({ blob, key, entry }) => {
    const { open } = await createOpener(key as RecipientKey);
    expect(take(await open(blob))).toBe(entry.expected.plaintext_hex);
  });
});

describe('the steps of the opener', () => {
  const { subtle } = webcrypto;
  const zeros = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);
  const decrypt = subtle.decrypt.bind(subtle);
  const importKey = subtle.importKey.bind(subtle);
  const used: unknown[] = [];
  /** Keys that an operation holds: another one on such a key would have a thread wait. */
  const busy = new Set<unknown>();
  const unwrapped: Uint8Array[] = [];
  const imported: Uint8Array[] = [];

  beforeEach(() => {
    used.length = unwrapped.length = imported.length = 0;
    vi.spyOn(subtle, 'decrypt').mockImplementation(async (...args) => {
      expect(busy).not.toContain(args[1]);
      used.push(args[1]);
      busy.add(args[1]);
      const result = await decrypt(...args).finally(() => busy.delete(args[1]));
      unwrapped.push(new Uint8Array(result));
      return result;
    });
    vi.spyOn(subtle, 'importKey').mockImplementation((...args: unknown[]) => {
      imported.push(args[1] as Uint8Array);
      return importKey(...(args as Parameters<typeof importKey>));
    });
  });
  afterEach(() => vi.restoreAllMocks());

  it('copy the key once for each slot, one operation at a time on each, and wipe the PKCS #8', async () => {
    const { open } = await createOpener(recipient, 3);
    expect(imported).toHaveLength(3);
    expect(new Set(imported).size).toBe(1);
    expect(imported.every((pkcs8) => pkcs8.length > 1000 && zeros(pkcs8))).toBe(true);
    await Promise.all(Array.from({ length: 20 }, async () => take(await open(assemble({})))));
    expect(new Set(used).size).toBe(3);
    expect(used).toHaveLength(20);
  });

  it('make keys that cannot be exported', async () => {
    await opener.open(assemble({}));
    expect(used[0]).toMatchObject({ extractable: false, usages: ['decrypt'] });
  });

  it.each([
    ['an envelope for another', { rid: octets(new Uint8Array(32)).fill(0x80, 0, 1) }],
    ['an encrypted key of the wrong length', { encryptedKey: octets(new Uint8Array(255)) }],
  ])('do not use the private key on %s', async (_name, replaced) => {
    await expect(opener.open(assemble(replaced))).rejects.toThrow();
    expect(used).toEqual([]);
  });

  it('wipe the content key, whether the envelope opens or not', async () => {
    const wrongPadding = failures.filter(([name]) => /content key|padding/.test(name));
    for (const [, replaced] of [...wrongPadding, ['', {}] as const]) {
      await opener.open(assemble(replaced)).catch(() => undefined);
    }
    expect(unwrapped.length).toBeGreaterThan(8);
    expect(unwrapped.every(zeros)).toBe(true);
  });
});
