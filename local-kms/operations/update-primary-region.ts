import type { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { notFound, unsupported } from '../errors.ts';
import { changeKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias, settledKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { checkPrimary } from '../keys/multi-region.ts';
import { keyArn } from '../realm.ts';
import { KEY_ID, REGION } from '../schema/members.ts';
import { type RequestOf, required } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';
import { conditionKeys, keyOperation } from './operation.ts';
import { USABLE } from './states.ts';

const input = { KeyId: required(KEY_ID), PrimaryRegion: required(REGION) } as const;

type UpdatePrimaryRegionRequest = RequestOf<typeof input>;

export const updatePrimaryRegion = keyOperation({
  name: 'UpdatePrimaryRegion',
  input,
  conditions: (request) => conditionKeys({ 'kms:PrimaryRegion': request.PrimaryRegion }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  alsoOn(request, backend) {
    const key = findKeyWithoutAlias(backend, request.KeyId);
    const next = findNext(backend, request, key);
    if (next === undefined) return [];
    const conditions = conditionKeys({
      'kms:PrimaryRegion': request.PrimaryRegion,
      'aws:RequestedRegion': request.PrimaryRegion,
    });
    return [{ resource: arnOf(next), key: next, conditions }];
  },
  states: USABLE,
  check({ backend, request, key }) {
    checkPrimary(key);
    const next = findNext(backend, request, key);
    if (next === undefined) throw absent(request, key);
    checkReplica(next);
  },
  async execute({ backend, request, key }) {
    await changeKey(backend, key, (primary, { keys }) => {
      checkState(USABLE, primary);
      checkPrimary(primary);
      const next = keys.related(primary).find(({ region }) => region === request.PrimaryRegion);
      if (next === undefined) throw absent(request, primary);
      checkReplica(next);
      keys.put({ ...next, multiRegion: 'PRIMARY' });
      return { ...primary, multiRegion: 'REPLICA' };
    });
    return { members: {} };
  },
});

/** The key that is to become the primary one. */
function findNext(
  backend: Backend,
  { PrimaryRegion }: UpdatePrimaryRegionRequest,
  { account, keyId }: KeyRecord,
): KeyRecord | undefined {
  return settledKey(backend, { account, region: PrimaryRegion }, keyId);
}

function absent(
  { PrimaryRegion }: UpdatePrimaryRegionRequest,
  { account, keyId }: KeyRecord,
): KmsServiceError {
  return notFound(`Key '${keyArn({ account, region: PrimaryRegion }, keyId)}' does not exist`);
}

/** The text of the first refusal is not recorded from the service. */
function checkReplica(key: KeyRecord): void {
  if (key.multiRegion !== 'REPLICA') {
    throw unsupported(`${arnOf(key)} is not a multi-region replica key.`);
  }
  checkState(USABLE, key);
}
