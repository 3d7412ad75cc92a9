import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepUp } from '../../../local-kms/keys/upkeep.ts';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { KeyRecord } from '../../../local-kms/store/records.ts';

const HOME = { region: 'us-east-1', account: '111122223333' };

const key = (keyId: string, fields: Partial<KeyRecord>): KeyRecord => ({
  version: 1,
  ...HOME,
  keyId,
  creationDate: 1,
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  keyState: 'Enabled',
  origin: 'AWS_KMS',
  policy: '{}',
  materials: [{ id: 'm1', sealed: 'x' }],
  tags: [],
  ...fields,
});

let opened: OpenStore;

beforeEach(() => {
  opened = openTemporaryStore(randomBytes);
});

afterEach(() => opened.close());

const put = (...records: KeyRecord[]): Promise<void> =>
  opened.store.write(({ keys }) => {
    for (const record of records) keys.put(record);
  });

const keepUpAt = (seconds: number): Promise<void> =>
  keepUp({ ...opened, randomBytes, now: () => seconds * 1000 });

const stored = (keyId: string, region = HOME.region) =>
  opened.store.keys.get({ ...HOME, region }, keyId);

describe('keepUp', () => {
  it('leaves keys alone that nothing is due for', async () => {
    const record = key('k1', { rotation: { periodInDays: 90, nextDate: 10 } });
    await put(record);
    await keepUpAt(9);
    expect(stored('k1')).toEqual(record);
  });

  it('wipes the sealed bytes of expired material from the store', async () => {
    await put(
      key('k1', {
        origin: 'EXTERNAL',
        materials: [{ id: 'm1', sealed: 'x', validTo: 10 }],
        pendingMaterial: { id: 'm2', sealed: 'y', validTo: 10 },
      }),
    );
    await keepUpAt(10);
    expect(stored('k1')).toMatchObject({ keyState: 'PendingImport', materials: [{ id: 'm1' }] });
    expect(JSON.stringify(stored('k1'))).not.toMatch(/sealed/);
    expect(opened.store.keys.due(1e9)).toEqual([]);
  });

  it('deletes a key, and begins the wait of the primary key that was left alone by it', async () => {
    await put(
      key('k1', {
        multiRegion: 'PRIMARY',
        keyState: 'PendingReplicaDeletion',
        pendingDeletionWindowInDays: 7,
      }),
      key('k1', {
        region: 'eu-west-1',
        multiRegion: 'REPLICA',
        keyState: 'PendingDeletion',
        deletionDate: 10,
      }),
    );
    await keepUpAt(10);
    expect(stored('k1', 'eu-west-1')).toBeUndefined();
    expect(stored('k1')).toMatchObject({
      keyState: 'PendingDeletion',
      deletionDate: 10 + 7 * 86_400,
    });
    await keepUpAt(10 + 7 * 86_400);
    expect(stored('k1')).toBeUndefined();
  });

  it('rotates once for all the dates that have passed, replicas with it', async () => {
    const rotation = { periodInDays: 90, nextDate: 10 };
    await put(
      key('k1', { multiRegion: 'PRIMARY', rotation }),
      key('k1', { region: 'eu-west-1', multiRegion: 'REPLICA', keyState: 'Disabled', rotation }),
    );
    const second = 10 + 90 * 86_400;
    await keepUpAt(second + 1);
    const [primary, replica] = [stored('k1'), stored('k1', 'eu-west-1')];
    for (const one of [primary, replica]) {
      expect(one?.materials).toMatchObject([
        { rotation: { date: second, type: 'AUTOMATIC' } },
        { id: 'm1' },
      ]);
      expect(one?.rotation).toEqual({ periodInDays: 90, nextDate: second + 90 * 86_400 });
    }
    expect(replica?.materials[0]?.id).toBe(primary?.materials[0]?.id);
    expect(replica?.materials[0]?.sealed).not.toBe(primary?.materials[0]?.sealed);
    await keepUpAt(second + 1);
    expect(stored('k1')).toEqual(primary);
  });

  it('does the same only once if two requests come at once', async () => {
    await put(key('k1', { rotation: { periodInDays: 90, nextDate: 10 } }));
    await Promise.all([keepUpAt(10), keepUpAt(10)]);
    expect(stored('k1')?.materials).toHaveLength(2);
  });
});
