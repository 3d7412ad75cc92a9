import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { notFound, unsupported } from '../errors.ts';
import { checkState } from '../keys/check-state.ts';
import { withoutBytes } from '../keys/expiry.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { resealMaterial } from '../keys/material.ts';
import { arnOf, describeKey } from '../keys/metadata.ts';
import { checkPrimary } from '../keys/multi-region.ts';
import { addTags, encodeTags } from '../keys/tags.ts';
import { defaultPolicy, policyForCreation } from '../policy/key-policy.ts';
import { partitionOf, type Realm } from '../realm.ts';
import { BOOLEAN, DESCRIPTION, KEY_ID, POLICY, REGION, TAGS } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';
import { creationConditions, taggingPermissions } from './creation-permissions.ts';
import { conditionKeys, type FurtherPermission, keyOperation } from './operation.ts';
import { USABLE } from './states.ts';

const input = {
  KeyId: required(KEY_ID),
  ReplicaRegion: required(REGION),
  Policy: optional(POLICY),
  BypassPolicyLockoutSafetyCheck: optional(BOOLEAN),
  Description: optional(DESCRIPTION),
  Tags: optional(TAGS),
} as const;

type ReplicateKeyRequest = RequestOf<typeof input>;

export const replicateKey = keyOperation({
  name: 'ReplicateKey',
  input,
  conditions: (request) => conditionKeys({ 'kms:ReplicaRegion': request.ReplicaRegion }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  alsoOn: (request, backend) =>
    permissionsInReplicaRegion(request, findKeyWithoutAlias(backend, request.KeyId)),
  states: USABLE,
  check({ backend, caller, request, key }) {
    checkPrimary(key);
    checkRegion(backend, request.ReplicaRegion);
    addTags([], request.Tags ?? []);
    policyForCreation(request, { ...key, ...replicaRealm(request, key) }, caller);
  },
  async execute({ backend, request, key }) {
    const { store, now } = backend;
    const replica = await store.write(({ keys }) => {
      const related = keys.related(key);
      const primary = related.find(({ region }) => region === key.region);
      if (primary === undefined) throw notFound(`Key '${arnOf(key)}' does not exist`);
      checkState(USABLE, primary);
      checkPrimary(primary);
      if (related.some(({ region }) => region === request.ReplicaRegion)) throw alreadyExists();
      const created = createReplica(backend, request, primary, now() / 1000);
      keys.put(created);
      return created;
    });
    return {
      members: {
        ReplicaKeyMetadata: describeKey(store, replica),
        ReplicaPolicy: replica.policy,
        ReplicaTags: encodeTags(replica.tags),
      },
    };
  },
});

/** Those of an operation of its own, in the region of the replica. */
function permissionsInReplicaRegion(
  request: ReplicateKeyRequest,
  primary: KeyRecord,
): readonly FurtherPermission[] {
  const conditions = new Map([
    ...creationConditions({ ...request, kind: { ...primary, multiRegion: 'REPLICA' } }),
    ['aws:RequestedRegion', [request.ReplicaRegion]] as const,
  ]);
  return [
    { action: 'CreateKey', resource: '*', conditions },
    ...taggingPermissions(replicaRealm(request, primary), request.Tags, conditions),
  ];
}

/** Neither text is recorded from the service; of the second it has none. */
function checkRegion({ realm, servedRegion }: Backend, region: string): void {
  if (partitionOf(region) !== partitionOf(realm.region)) {
    throw unsupported(`A key of ${realm.region} cannot be replicated to ${region}.`);
  }
  if (servedRegion !== 'any' && region !== servedRegion) {
    throw unsupported(
      `This server serves ${servedRegion} only: no key can be replicated to ${region}.`,
    );
  }
}

function alreadyExists(): KmsServiceError {
  return new KmsServiceError(
    'AlreadyExistsException',
    'You can create only one replica of each primary key in each AWS Region.',
  );
}

/** What the related keys share, and what the request says or the defaults are. */
function createReplica(
  backend: Backend,
  request: ReplicateKeyRequest,
  primary: KeyRecord,
  now: number,
): KeyRecord {
  const realm = replicaRealm(request, primary);
  return {
    ...primary,
    ...realm,
    multiRegion: 'REPLICA',
    creationDate: now,
    description: request.Description ?? '',
    policy: request.Policy ?? defaultPolicy(realm),
    tags: addTags([], request.Tags ?? []),
    ...materialsOf(backend, primary, realm),
  };
}

/** Imported material does not leave its region: the same has to be imported into the replica. */
function materialsOf(backend: Backend, primary: KeyRecord, realm: Realm) {
  const { origin, materials, pendingMaterial } = primary;
  if (origin === 'EXTERNAL') {
    return {
      keyState: 'PendingImport' as const,
      materials: materials.map(withoutBytes),
      pendingMaterial: pendingMaterial && withoutBytes(pendingMaterial),
    };
  }
  const replica = { ...primary, ...realm };
  return {
    keyState: 'Enabled' as const,
    materials: materials.map((material) => resealMaterial(backend, material, primary, replica)),
  };
}

function replicaRealm({ ReplicaRegion }: ReplicateKeyRequest, { account }: KeyRecord): Realm {
  return { region: ReplicaRegion, account };
}
