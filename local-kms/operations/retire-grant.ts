import type { Backend } from '../backend.ts';
import { validationError } from '../errors.ts';
import { constraintConditions } from '../grants/constraint.ts';
import { deleteGrant } from '../grants/delete.ts';
import { findGrant } from '../grants/lookup.ts';
import { retirementAuthority } from '../grants/retirement.ts';
import { invalidGrantToken, openGrantToken } from '../grants/token.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { keyArn } from '../realm.ts';
import { BOOLEAN, GRANT_ID, GRANT_TOKEN, KEY_ID } from '../schema/members.ts';
import { optional, type RequestOf } from '../schema/shape.ts';
import { type GrantRecord, KEY_STATES, type KeyRecord } from '../store/records.ts';
import { keyOperation } from './operation.ts';

const input = {
  GrantToken: optional(GRANT_TOKEN),
  KeyId: optional(KEY_ID),
  GrantId: optional(GRANT_ID),
  DryRun: optional(BOOLEAN),
} as const;

export const retireGrant = keyOperation({
  name: 'RetireGrant',
  input,
  conditions: (request, backend) =>
    constraintConditions(subjectOf(request, backend).grant.constraint),
  findKey: (request, backend) => subjectOf(request, backend).key,
  authority: ({ request, backend, caller }) =>
    retirementAuthority(subjectOf(request, backend).grant, caller),
  crossAccount: true,
  states: KEY_STATES,
  async execute({ backend, request, key }) {
    await deleteGrant(backend, key, subjectOf(request, backend).grant.grantId);
    return { members: {} };
  },
});

interface Subject {
  readonly key: KeyRecord;
  readonly grant: GrantRecord;
}

/** A grant is named by a token, or by its key and its id. */
function subjectOf(request: RequestOf<typeof input>, backend: Backend): Subject {
  const { GrantToken, KeyId, GrantId } = request;
  if (GrantToken !== undefined && KeyId === undefined && GrantId === undefined) {
    return subjectOfToken(GrantToken, backend);
  }
  if (GrantToken === undefined && KeyId !== undefined && GrantId !== undefined) {
    const key = findKeyWithoutAlias(backend, KeyId);
    return { key, grant: findGrant(backend.store.grants, key, GrantId) };
  }
  throw validationError('You must specify either GrantToken, or KeyId and GrantId.');
}

function subjectOfToken(token: string, backend: Backend): Subject {
  const reference = openGrantToken(backend.vault, token);
  if (reference.region !== backend.realm.region) throw invalidGrantToken();
  const key = findKeyWithoutAlias(backend, keyArn(reference, reference.keyId));
  return { key, grant: findGrant(backend.store.grants, key, reference.grantId) };
}
