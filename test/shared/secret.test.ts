import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { copySecretBytes, disposeLiveSecrets, Secret } from '../../shared/secret.ts';

describe('a secret', () => {
  it('prints as [secret], however it is printed', () => {
    const secret = new Secret(new TextEncoder().encode('hunter2'));
    for (const text of [`${secret}`, JSON.stringify({ secret }), inspect({ secret })]) {
      expect(text).toContain('[secret]');
      expect(text).not.toMatch(/hunter2|104/);
    }
  });

  it('overwrites its bytes when it is disposed of, and lends them no more', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const secret = new Secret(bytes);
    secret.dispose();
    secret.dispose();
    expect(bytes).toEqual(new Uint8Array(3));
    expect(secret.disposed).toBe(true);
    expect(() => secret.reveal(() => undefined)).toThrow('disposed');
  });

  it('is overwritten with all others at the end', () => {
    const kept = [1, 2, 3].map((byte) => new Uint8Array(4).fill(byte));
    const secrets = kept.map((bytes) => new Secret(bytes));
    secrets[1]?.dispose();
    disposeLiveSecrets();
    expect(secrets.every(({ disposed }) => disposed)).toBe(true);
    for (const bytes of kept) expect(bytes).toEqual(new Uint8Array(4));
    const later = new Secret(Uint8Array.of(7));
    expect(later.reveal((bytes) => bytes[0])).toBe(7);
  });
});

it('is copied to memory of its own, outside of the slabs and the heap of the collector', () => {
  const bytes = Buffer.from('a secret');
  const copy = copySecretBytes(bytes);
  expect([...copy]).toEqual([...bytes]);
  expect(copy.buffer).not.toBe(bytes.buffer);
  expect(copy.buffer.byteLength).toBe(bytes.length);
});
