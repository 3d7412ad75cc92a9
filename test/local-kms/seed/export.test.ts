import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportSeed } from '../../../local-kms/seed/export.ts';
import { parseSeed } from '../../../local-kms/seed/seed.ts';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { KeyRecord } from '../../../local-kms/store/records.ts';
import { GRANTED_KEY_ID, grantIdOf, grantRecordOf } from '../../support/grants.ts';

let opened: OpenStore;

beforeEach(() => {
  opened = openTemporaryStore(randomBytes);
});

afterEach(() => opened.close());

const keyOf = (fields: Partial<KeyRecord> = {}): KeyRecord => ({
  version: 1,
  keyId: GRANTED_KEY_ID,
  region: 'us-east-1',
  account: '111122223333',
  creationDate: 1,
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  keyState: 'PendingImport',
  origin: 'EXTERNAL',
  policy: JSON.stringify({
    Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' },
  }),
  materials: [],
  tags: [],
  ...fields,
});

const put = (...keys: readonly KeyRecord[]) =>
  opened.store.write((transaction) => {
    for (const key of keys) transaction.keys.put(key);
  });

describe('an export', () => {
  it('is a seed', async () => {
    await put(keyOf({ tags: [{ key: 'team', value: 'keys' }] }));
    await opened.store.write(({ grants }) => grants.put(grantRecordOf()));
    const { keys, grants } = parseSeed(exportSeed(opened));
    expect(keys).toMatchObject([{ keyId: GRANTED_KEY_ID, tags: { team: 'keys' } }]);
    expect(grants).toEqual([grantRecordOf()]);
  });

  it.each<[string, () => Promise<void>, string]>([
    [
      'is too long',
      () => {
        const digits = (i: number) => i.toString(16).padStart(12, '0');
        const description = 'x'.repeat(8192);
        const keys = Array.from({ length: 1024 }, (_, i) =>
          keyOf({ keyId: `1234abcd-12ab-34cd-56ef-${digits(i)}`, description }),
        );
        return put(...keys);
      },
      '8388608 bytes',
    ],
    [
      'has tens of thousands of grants',
      async () => {
        await put(keyOf());
        await opened.store.write(({ grants }) => {
          for (let i = 0; i < 25_000; i++) grants.put(grantRecordOf({ grantId: grantIdOf(i) }));
        });
      },
      '8388608 bytes',
    ],
    [
      'has a tag that is named __proto__',
      () => put(keyOf({ tags: [{ key: '__proto__', value: 'x' }] })),
      '__proto__',
    ],
  ])(
    'that no seed could be is refused: it %s',
    async (_name, fill, limit) => {
      await fill();
      const refusal = expect.objectContaining({
        code: 'LOCAL_KMS_EXPORT',
        message: expect.stringContaining(limit),
      });
      expect(() => exportSeed(opened)).toThrow(refusal);
    },
    60_000,
  );
});
