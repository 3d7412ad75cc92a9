import type { Backend } from '../backend.ts';
import { unsupported, validationError } from '../errors.ts';
import {
  createAgreementMaterial,
  createSymmetricMaterial,
  type NewMaterial,
} from '../keys/material.ts';
import { arnOf, describeKey } from '../keys/metadata.ts';
import {
  isAgreementSpec,
  isUsageOf,
  KEY_SPEC_NAMES,
  KEY_USAGES,
  type KeySpec,
  type KeyUsage,
} from '../keys/specs.ts';
import { checkNewPolicy, defaultPolicy } from '../policy/key-policy.ts';
import { createUuid } from '../random.ts';
import { BOOLEAN, POLICY } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';
import { accountOperation, conditionKeys } from './operation.ts';

const KEY_SPEC = { type: 'string', values: KEY_SPEC_NAMES } as const;

const input = {
  Policy: optional(POLICY),
  Description: optional({ type: 'string', max: 8192 }),
  KeyUsage: optional({ type: 'string', values: KEY_USAGES }),
  CustomerMasterKeySpec: optional(KEY_SPEC),
  KeySpec: optional(KEY_SPEC),
  Origin: optional({
    type: 'string',
    values: ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'],
  }),
  CustomKeyStoreId: optional({ type: 'string', min: 1, max: 64 }),
  XksKeyId: optional({ type: 'string', min: 1, max: 128 }),
  BypassPolicyLockoutSafetyCheck: optional(BOOLEAN),
  Tags: optional({
    type: 'list',
    max: 200,
    of: {
      type: 'structure',
      members: {
        TagKey: required({ type: 'string', min: 1, max: 128 }),
        TagValue: required({ type: 'string', max: 256 }),
      },
    },
  }),
  MultiRegion: optional(BOOLEAN),
} as const;

type CreateKeyRequest = RequestOf<typeof input>;

export const createKey = accountOperation({
  name: 'CreateKey',
  input,
  conditions: (request) =>
    conditionKeys({
      'kms:KeySpec': specOf(request),
      'kms:KeyUsage': request.KeyUsage ?? 'ENCRYPT_DECRYPT',
      'kms:KeyOrigin': request.Origin ?? 'AWS_KMS',
      'kms:MultiRegion': String(request.MultiRegion ?? false),
      'kms:BypassPolicyLockoutSafetyCheck': String(request.BypassPolicyLockoutSafetyCheck ?? false),
    }),
  async execute({ backend, caller, request }) {
    const { keySpec, keyUsage } = checkKind(request);
    checkSupported(request);
    const { realm, store } = backend;
    const identity = { ...realm, keyId: createUuid(backend.randomBytes), keySpec, keyUsage };
    const policy = request.Policy ?? defaultPolicy(realm);
    checkNewPolicy({
      policy,
      resource: arnOf(identity),
      accountId: realm.account,
      caller,
      bypassLockoutCheck: request.BypassPolicyLockoutSafetyCheck ?? false,
    });
    const { material, publicKey } = await createMaterial(backend, identity);
    const record: KeyRecord = {
      version: 1,
      ...identity,
      creationDate: backend.now() / 1000,
      description: request.Description ?? '',
      keyState: 'Enabled',
      origin: 'AWS_KMS',
      policy,
      materials: [material],
      tags: [],
      ...(publicKey === undefined ? {} : { publicKey }),
    };
    await store.write(({ keys }) => keys.put(record));
    return { members: { KeyMetadata: describeKey(record) } };
  },
});

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
  const refused =
    (request.Origin !== undefined && request.Origin !== 'AWS_KMS' && `Origin ${request.Origin}`) ||
    (request.CustomKeyStoreId !== undefined && 'CustomKeyStoreId') ||
    (request.XksKeyId !== undefined && 'XksKeyId') ||
    (request.MultiRegion === true && 'MultiRegion') ||
    ((request.Tags?.length ?? 0) > 0 && 'Tags');
  if (refused) throw unsupported(`This server does not support ${refused} in CreateKey.`);
}

function createMaterial(backend: Backend, identity: Identity): NewMaterial | Promise<NewMaterial> {
  const { keySpec, keyUsage } = identity;
  if (keySpec === 'SYMMETRIC_DEFAULT') return createSymmetricMaterial(backend, identity);
  if (isAgreementSpec(keySpec) && keyUsage === 'KEY_AGREEMENT') {
    return createAgreementMaterial(backend, { ...identity, keySpec });
  }
  throw unsupported(`This server does not support KeySpec ${keySpec} for ${keyUsage}.`);
}

type Identity = Pick<KeyRecord, 'account' | 'region' | 'keyId' | 'keySpec' | 'keyUsage'>;
