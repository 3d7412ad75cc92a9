import type { RequestContext } from '../../shared/key-policy/index.ts';
import { unsupported, validationError } from '../errors.ts';
import { checkSpecInRegion } from '../keys/availability.ts';
import { createKeyId } from '../keys/key-id.ts';
import { createMaterial } from '../keys/material.ts';
import { describeKey } from '../keys/metadata.ts';
import {
  isUsageOf,
  KEY_SPEC_NAMES,
  KEY_USAGES,
  type KeySpec,
  type KeyUsage,
} from '../keys/specs.ts';
import { addTags } from '../keys/tags.ts';
import { policyForCreation } from '../policy/key-policy.ts';
import { BOOLEAN, DESCRIPTION, POLICY, TAGS } from '../schema/members.ts';
import { optional, type RequestOf } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';
import { creationConditions, taggingPermissions } from './creation-permissions.ts';
import { accountOperation } from './operation.ts';

/** The deprecated member knows no spec that is newer than its successor. */
const NEWER_SPECS: readonly string[] = [
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ECC_NIST_EDWARDS25519',
];

const input = {
  Policy: optional(POLICY),
  Description: optional(DESCRIPTION),
  KeyUsage: optional({ type: 'string', values: KEY_USAGES }),
  CustomerMasterKeySpec: optional({
    type: 'string',
    values: KEY_SPEC_NAMES.filter((name) => !NEWER_SPECS.includes(name)),
  }),
  KeySpec: optional({ type: 'string', values: KEY_SPEC_NAMES }),
  Origin: optional({
    type: 'string',
    values: ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'],
  }),
  CustomKeyStoreId: optional({ type: 'string', min: 1, max: 64 }),
  XksKeyId: optional({ type: 'string', min: 1, max: 128, pattern: '^[a-zA-Z0-9-_.]+$' }),
  BypassPolicyLockoutSafetyCheck: optional(BOOLEAN),
  Tags: optional(TAGS),
  MultiRegion: optional(BOOLEAN),
} as const;

type CreateKeyRequest = RequestOf<typeof input>;

export const createKey = accountOperation({
  name: 'CreateKey',
  input,
  conditions: conditionsOf,
  alsoOn: (request, { realm }) => taggingPermissions(realm, request.Tags, conditionsOf(request)),
  async execute({ backend, caller, request }) {
    const { keySpec, keyUsage } = checkKind(request);
    checkSupported(request);
    const { realm, store } = backend;
    checkSpecInRegion('KeySpec', keySpec, realm);
    const multiRegion = request.MultiRegion ?? false;
    const keyId = createKeyId(backend.randomBytes, multiRegion);
    const identity = { ...realm, keyId, keySpec, keyUsage };
    const tags = addTags([], request.Tags ?? []);
    const policy = policyForCreation(request, identity, caller);
    const origin = request.Origin === 'EXTERNAL' ? 'EXTERNAL' : 'AWS_KMS';
    const made = origin === 'AWS_KMS' ? await createMaterial(backend, identity) : undefined;
    const record: KeyRecord = {
      version: 1,
      ...identity,
      creationDate: backend.now() / 1000,
      description: request.Description ?? '',
      keyState: made === undefined ? 'PendingImport' : 'Enabled',
      origin,
      policy,
      materials: made === undefined ? [] : [made.material],
      tags,
      ...(multiRegion ? { multiRegion: 'PRIMARY' } : {}),
      ...(made?.publicKey === undefined ? {} : { publicKey: made.publicKey }),
    };
    await store.write(({ keys }) => keys.put(record));
    return { members: { KeyMetadata: describeKey(store, record) } };
  },
});

function conditionsOf(request: CreateKeyRequest): RequestContext {
  return creationConditions({
    ...request,
    kind: {
      keySpec: specOf(request),
      keyUsage: request.KeyUsage ?? 'ENCRYPT_DECRYPT',
      origin: request.Origin ?? 'AWS_KMS',
      multiRegion: request.MultiRegion === true ? 'PRIMARY' : undefined,
    },
  });
}

interface Kind {
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
}

function specOf(request: CreateKeyRequest): KeySpec {
  return request.KeySpec ?? request.CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
}

function checkKind(request: CreateKeyRequest): Kind {
  if (request.KeySpec !== undefined && request.CustomerMasterKeySpec !== undefined) {
    throw validationError(
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  }
  const keySpec = specOf(request);
  if (request.KeyUsage === undefined && keySpec !== 'SYMMETRIC_DEFAULT') {
    throw validationError(
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    );
  }
  const keyUsage = request.KeyUsage ?? 'ENCRYPT_DECRYPT';
  if (!isUsageOf(keySpec, keyUsage)) {
    throw validationError(`KeyUsage ${keyUsage} is not compatible with KeySpec ${keySpec}`);
  }
  return { keySpec, keyUsage };
}

/** What the service has and this server has not is refused, never quietly left out. */
function checkSupported(request: CreateKeyRequest): void {
  const { Origin = 'AWS_KMS' } = request;
  const refused =
    (Origin !== 'AWS_KMS' && Origin !== 'EXTERNAL' && `Origin ${Origin}`) ||
    (Origin === 'EXTERNAL' &&
      specOf(request).startsWith('ML_DSA') &&
      'Origin EXTERNAL for ML-DSA') ||
    (request.CustomKeyStoreId !== undefined && 'CustomKeyStoreId') ||
    (request.XksKeyId !== undefined && 'XksKeyId');
  if (refused) throw unsupported(`This server does not support ${refused} in CreateKey.`);
}
