import type * as nodeCrypto from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const calls = vi.hoisted(() => ({
  unwrapped: [] as Uint8Array[],
  random: [] as Uint8Array[],
  privateDecrypt: 0,
  decrypted: [] as Uint8Array[],
}));

// Watches what openEnvelope asks of OpenSSL, and keeps the buffers to see them wiped.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof nodeCrypto>();
  return {
    ...original,
    privateDecrypt(...args: Parameters<typeof original.privateDecrypt>) {
      calls.privateDecrypt++;
      const result = original.privateDecrypt(...args);
      calls.unwrapped.push(result);
      return result;
    },
    randomBytes(length: number) {
      const result = original.randomBytes(length);
      calls.random.push(result);
      return result;
    },
    createDecipheriv(...args: Parameters<typeof original.createDecipheriv>) {
      const decipher = original.createDecipheriv(...args);
      const update = decipher.update.bind(decipher) as (data: Uint8Array) => Buffer;
      const watched = (data: Uint8Array): Buffer => {
        const result = update(data);
        calls.decrypted.push(result);
        return result;
      };
      return Object.assign(decipher, { update: watched });
    },
  };
});

const { wrapContentKey } = await import('../../../shared/cms/content-key.ts');
const { openEnvelope } = await import('../../../shared/cms/index.ts');
const { assemble, contentKey, contextPrimitive, octets, recipient, recipientId } = await import(
  './envelopes.ts'
);

const zeros = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

function open(replaced: Parameters<typeof assemble>[0], id = recipientId): void {
  const envelope = assemble(replaced);
  calls.random.length = 0;
  openEnvelope({ envelope, privateKey: recipient.privateKey, recipientId: id }).dispose();
}

beforeEach(() => {
  calls.unwrapped.length = 0;
  calls.decrypted.length = 0;
  calls.privateDecrypt = 0;
});

describe('the steps of openEnvelope', () => {
  it('does not use the private key on an envelope for another', () => {
    expect(() => open({}, new Uint8Array(32))).toThrow();
    expect(calls.privateDecrypt).toBe(0);
  });

  it('does not use the private key on an encrypted key of the wrong length', () => {
    expect(() => open({ encryptedKey: octets(new Uint8Array(255)) })).toThrow();
    expect(calls.privateDecrypt).toBe(0);
  });

  it.each([
    ['RSA fails', { encryptedKey: octets(new Uint8Array(256)) }],
    [
      'the content key is too short',
      { encryptedKey: octets(wrapContentKey(contentKey.subarray(16), recipient.privateKey)) },
    ],
    ['the padding is wrong', { content: contextPrimitive(0, new Uint8Array(16)) }],
  ])('decrypts the content once although %s, and wipes what it held', (_name, replaced) => {
    expect(() => open(replaced)).toThrow();
    expect(calls.privateDecrypt).toBe(1);
    expect(calls.decrypted.length).toBe(1);
    expect([...calls.unwrapped, ...calls.random, ...calls.decrypted].every(zeros)).toBe(true);
  });

  it('wipes the content key and the padded plaintext when it opens', () => {
    open({});
    expect(calls.unwrapped.length).toBe(1);
    expect(calls.decrypted.length).toBe(1);
    expect([...calls.unwrapped, ...calls.random, ...calls.decrypted].every(zeros)).toBe(true);
  });
});
