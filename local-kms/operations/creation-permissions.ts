import type { RequestContext } from '../../shared/key-policy/index.ts';
import { type KeyKind, kindConditions } from '../keys/kind-conditions.ts';
import { requestTagConditions } from '../keys/tags.ts';
import { keyArn, type Realm } from '../realm.ts';
import type { TAGS } from '../schema/members.ts';
import type { ValueOf } from '../schema/shape.ts';
import { conditionKeys, type FurtherPermission } from './operation.ts';

/** What a request to create a key asks for. */
export interface Creation {
  readonly kind: KeyKind;
  readonly Tags: ValueOf<typeof TAGS> | undefined;
  readonly BypassPolicyLockoutSafetyCheck: boolean | undefined;
}

/** The condition keys that the creation of a key gives. */
export function creationConditions(creation: Creation): RequestContext {
  const { kind, Tags, BypassPolicyLockoutSafetyCheck = false } = creation;
  return new Map([
    ...kindConditions(kind),
    ...conditionKeys({
      'kms:BypassPolicyLockoutSafetyCheck': String(BypassPolicyLockoutSafetyCheck),
    }),
    ...requestTagConditions(Tags),
  ]);
}

/** Who creates a key with tags must be allowed to tag keys: of its own id none can speak yet. */
export function taggingPermissions(
  realm: Realm,
  tags: Creation['Tags'],
  conditions: RequestContext,
): readonly FurtherPermission[] {
  if (tags === undefined || tags.length === 0) return [];
  return [{ action: 'TagResource', resource: keyArn(realm, '*'), conditions }];
}
