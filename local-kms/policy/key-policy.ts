import { BrokerError } from '../../shared/errors.ts';
import { authorize, type KeyPolicy, parseKeyPolicy } from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import { notFound } from '../errors.ts';
import type { Principal } from '../principals.ts';
import { keyArn, type Realm, rootArn } from '../realm.ts';
import { callerConditions } from '../request/conditions.ts';

/** A key has one policy, and this is its name. */
export const POLICY_NAME_DEFAULT = 'default';

/** @throws {KmsServiceError} NotFoundException for any other name. */
export function checkPolicyName(name: string | undefined): void {
  if (name !== undefined && name !== POLICY_NAME_DEFAULT) throw notFound('No such policy exists');
}

/** The policy of a key that was created without one: IAM policies of the account decide. */
export function defaultPolicy(realm: Realm): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-default-1',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: rootArn(realm) },
          Action: 'kms:*',
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

/**
 * The policy of a key that is to be created: the one that is asked for, if it passes, or the
 * default one, which needs no check.
 *
 * @throws {KmsServiceError} MalformedPolicyDocumentException; LimitExceededException if it is longer
 *   than 32768 bytes
 */
export function policyForCreation(
  request: {
    readonly Policy: string | undefined;
    readonly BypassPolicyLockoutSafetyCheck: boolean | undefined;
  },
  key: Realm & { readonly keyId: string },
  caller: Principal,
): string {
  if (request.Policy === undefined) return defaultPolicy(key);
  checkNewPolicy({
    policy: request.Policy,
    resource: keyArn(key, key.keyId),
    accountId: key.account,
    caller,
    bypassLockoutCheck: request.BypassPolicyLockoutSafetyCheck ?? false,
  });
  return request.Policy;
}

export interface NewPolicy {
  readonly policy: string;
  /** The ARN of the key that it is for. */
  readonly resource: string;
  readonly accountId: string;
  readonly caller: Principal;
  readonly bypassLockoutCheck: boolean;
}

/**
 * Checks a policy before a key gets it: it is well formed, and unless the caller waives that, the
 * caller could replace it again.
 *
 * @throws {KmsServiceError} MalformedPolicyDocumentException; LimitExceededException if it is longer
 *   than 32768 bytes
 */
export function checkNewPolicy(options: NewPolicy): void {
  const { caller, resource, accountId } = options;
  const policy = parse(options.policy);
  if (options.bypassLockoutCheck) return;
  const { effect } = authorize({
    request: {
      principal: caller.identity,
      action: 'kms:PutKeyPolicy',
      resource,
      context: callerConditions(caller),
    },
    key: { accountId, policy },
    identityPolicies: caller.policies,
  });
  if (effect !== 'allow') {
    throw malformed(
      'The new key policy will not allow you to update the key policy in the future.',
    );
  }
}

function parse(text: string): KeyPolicy {
  try {
    return parseKeyPolicy(text);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    if (error.code !== 'KEY_POLICY_TOO_LARGE') throw malformed(error.message);
    throw new KmsServiceError('LimitExceededException', error.message);
  }
}

function malformed(message: string): KmsServiceError {
  return new KmsServiceError('MalformedPolicyDocumentException', message);
}
