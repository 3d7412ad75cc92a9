// What another request changes between the authorisation of a request and its transaction.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../local-kms/backend.ts';
import { createAlias } from '../../../local-kms/operations/create-alias.ts';
import { deleteAlias } from '../../../local-kms/operations/delete-alias.ts';
import { updateAlias } from '../../../local-kms/operations/update-alias.ts';
import { defaultPrincipal } from '../../../local-kms/principals.ts';
import { type OpenStore, openTemporaryStore } from '../../../local-kms/store/open.ts';
import type { KeyRecord } from '../../../local-kms/store/records.ts';
import type { Transaction } from '../../../local-kms/store/store.ts';

const realm = { region: 'us-east-1', account: '111122223333' };
const caller = defaultPrincipal(realm);
const AliasName = 'alias/a';

const key = (digit: number): KeyRecord => ({
  version: 1,
  ...realm,
  keyId: `${digit}234abcd-12ab-34cd-56ef-1234567890ab`,
  creationDate: 1,
  description: '',
  keySpec: 'SYMMETRIC_DEFAULT',
  keyUsage: 'ENCRYPT_DECRYPT',
  keyState: 'Enabled',
  origin: 'AWS_KMS',
  policy: '{}',
  materials: [],
  tags: [],
});
const [one, two, three] = [key(1), key(2), key(3)];

const aliasOf = ({ keyId }: KeyRecord) => ({
  version: 1 as const,
  ...realm,
  name: AliasName,
  targetKeyId: keyId,
  creationDate: 1,
  lastUpdatedDate: 1,
});

let opened: OpenStore;

beforeEach(async () => {
  opened = openTemporaryStore(randomBytes);
  await opened.store.write(({ keys, aliases }) => {
    for (const record of [one, two, three]) keys.put(record);
    aliases.put(aliasOf(one));
  });
});

afterEach(() => opened.close());

/** A backend in whose store `change` is made before the next transaction runs. */
function backendWith(change: (transaction: Transaction) => void): Backend {
  const { store, vault } = opened;
  return {
    realm,
    servedRegion: 'any',
    vault,
    now: () => 2000,
    randomBytes,
    store: {
      ...store,
      async write(action) {
        await store.write(change);
        return store.write(action);
      },
    },
  };
}

const target = () => opened.store.aliases.get(realm, AliasName)?.targetKeyId;
const moveToThree = ({ aliases }: Transaction) => aliases.put(aliasOf(three));
const internal = expect.objectContaining({ type: 'KMSInternalException', statusCode: 500 });

describe('an alias that another request moves first', () => {
  it('is not moved off a key that the caller was not authorised for', async () => {
    const request = { AliasName, TargetKeyId: two.keyId };
    const call = { backend: backendWith(moveToThree), caller, request, key: two };
    await expect(updateAlias.execute(call)).rejects.toEqual(internal);
    expect(target()).toBe(three.keyId);
  });

  it('is not deleted', async () => {
    const call = { backend: backendWith(moveToThree), caller, request: { AliasName }, key: one };
    await expect(deleteAlias.execute(call)).rejects.toEqual(internal);
    expect(target()).toBe(three.keyId);
  });
});

describe('a key that another request schedules for deletion first', () => {
  const schedule = ({ keys }: Transaction) => keys.put({ ...two, keyState: 'PendingDeletion' });
  const pending = expect.objectContaining({ type: 'KMSInvalidStateException' });

  it('gets no alias by UpdateAlias', async () => {
    const request = { AliasName, TargetKeyId: two.keyId };
    const call = { backend: backendWith(schedule), caller, request, key: two };
    await expect(updateAlias.execute(call)).rejects.toEqual(pending);
    expect(target()).toBe(one.keyId);
  });

  it('gets no alias by CreateAlias', async () => {
    const request = { AliasName: 'alias/b', TargetKeyId: two.keyId };
    const call = { backend: backendWith(schedule), caller, request, key: two };
    await expect(createAlias.execute(call)).rejects.toEqual(pending);
    expect(opened.store.aliases.get(realm, 'alias/b')).toBeUndefined();
  });
});
