import { describe, expect, it } from 'vitest';
import { dueDateOf, settleKey } from '../../../local-kms/keys/lifecycle.ts';
import type { KeyMaterial, KeyRecord } from '../../../local-kms/store/records.ts';

const key = (fields: Partial<KeyRecord> = {}): KeyRecord => ({
  version: 1,
  region: 'us-east-1',
  account: '111122223333',
  keyId: 'k1',
  creationDate: 1,
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  keyState: 'Enabled',
  origin: 'EXTERNAL',
  policy: '{}',
  materials: [{ id: 'm1', sealed: 'x' }],
  tags: [],
  ...fields,
});

const imported = (id: string, validTo?: number): KeyMaterial => ({
  id,
  sealed: 'x',
  description: 'mine',
  ...(validTo === undefined ? {} : { validTo }),
});

describe('settleKey', () => {
  it.each<[string, Partial<KeyRecord>, Partial<KeyRecord> | undefined]>([
    ['a key as it is', {}, {}],
    ['no key once it is deleted', { keyState: 'PendingDeletion', deletionDate: 10 }, undefined],
    [
      'a key until it is deleted',
      { keyState: 'PendingDeletion', deletionDate: 10.001 },
      { keyState: 'PendingDeletion' },
    ],
    [
      'a key without expired material',
      { materials: [imported('m1', 10)] },
      { keyState: 'PendingImport', materials: [{ id: 'm1', description: 'mine' }] },
    ],
    [
      'a disabled key without expired material',
      { keyState: 'Disabled', materials: [imported('m1', 10)] },
      { keyState: 'PendingImport', materials: [{ id: 'm1', description: 'mine' }] },
    ],
    [
      'a key that is to be deleted and has lost its material',
      { keyState: 'PendingDeletion', deletionDate: 20, materials: [imported('m1', 10)] },
      { keyState: 'PendingDeletion', materials: [{ id: 'm1', description: 'mine' }] },
    ],
    [
      'a key whose older material has expired',
      { materials: [imported('m2', 11), imported('m1', 9)] },
      {
        keyState: 'PendingImport',
        materials: [imported('m2', 11), { id: 'm1', description: 'mine' }],
      },
    ],
    [
      'a key without expired material that waited for a rotation',
      { pendingMaterial: imported('m2', 10) },
      { keyState: 'Enabled', pendingMaterial: undefined },
    ],
    [
      'a replica that needs that material again',
      { multiRegion: 'REPLICA', pendingMaterial: imported('m2', 10) },
      { keyState: 'Enabled', pendingMaterial: { id: 'm2', description: 'mine' } },
    ],
    ['a key that never had material', { materials: [] }, { keyState: 'PendingImport' }],
    [
      'a key of KMS that rotates as it is',
      { origin: 'AWS_KMS', rotation: { periodInDays: 90, nextDate: 10 } },
      { keyState: 'Enabled' },
    ],
  ])('gives %s', (_, before, after) => {
    const settled = settleKey(key(before), 10);
    if (after === undefined) expect(settled).toBeUndefined();
    else expect(settled).toEqual(key({ ...before, ...after }));
  });
});

describe('dueDateOf', () => {
  const rotation = { periodInDays: 90, nextDate: 7 };

  it.each<[string, Partial<KeyRecord>, number | undefined]>([
    ['nothing', {}, undefined],
    ['the deletion', { keyState: 'PendingDeletion', deletionDate: 9 }, 9],
    ['no deletion that was not asked for', { deletionDate: 9 }, undefined],
    ['the material that expires first', { materials: [imported('b', 5), imported('a', 4)] }, 4],
    ['material that waits', { pendingMaterial: imported('c', 3) }, 3],
    ['the rotation', { origin: 'AWS_KMS', rotation }, 7],
    ['no rotation while disabled', { keyState: 'Disabled', rotation }, undefined],
    ['no rotation while to be deleted', { keyState: 'PendingDeletion', rotation }, undefined],
    ['no rotation of a replica', { multiRegion: 'REPLICA', rotation }, undefined],
  ])('is that of %s', (_, fields, date) => {
    expect(dueDateOf(key(fields))).toBe(date);
  });

  it('is behind a key that is settled', () => {
    const late = key({ materials: [imported('m1', 10), imported('m0', 11)] });
    expect(dueDateOf(settleKey(late, 10) ?? late)).toBe(11);
  });
});
