import {
  type Authorization,
  type AuthorizedKey,
  authorize,
  createContextLookup,
  type KeyPolicyCache,
  type RequestContext,
} from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { callerGrants } from '../grants/caller-grants.ts';
import { arnOf } from '../keys/metadata.ts';
import type { AnyRequest, FurtherPermission, Subject } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { KeyRecord } from '../store/records.ts';
import { type Arrival, conditionsOf } from './conditions.ts';
import type { AttestedRecipient } from './recipient.ts';

export type AuthorisationQuestion = Subject & {
  readonly request: AnyRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly arrival: Arrival;
  readonly recipient: AttestedRecipient | undefined;
  readonly policies: KeyPolicyCache;
};

/**
 * Decides whether the caller may do what it asks, on each resource that the operation is about.
 * The request may go on only if every decision is `allow`.
 */
export function authorisationsOf(question: AuthorisationQuestion): readonly Authorization[] {
  const { operation, request, backend } = question;
  const further = operation.alsoOn?.(request, backend) ?? [];
  return [...further, ownPermission(question)].map((permission) => decide(question, permission));
}

/** What AWS tells the client: not which condition failed. */
export function accessDenied({ request, effect, settledBy }: Authorization): KmsServiceError {
  const article = settledBy === 'resource-based policy' ? 'a' : 'an';
  const reason =
    effect === 'explicit-deny'
      ? `with an explicit deny in ${article} ${settledBy}`
      : `because no ${settledBy} allows the ${request.action} action`;
  return new KmsServiceError(
    'AccessDeniedException',
    `User: ${request.principal.arn} is not authorized to perform: ${request.action} on resource: ${request.resource} ${reason}`,
  );
}

function ownPermission({ operation, request, key }: AuthorisationQuestion): FurtherPermission {
  return key === undefined
    ? { resource: operation.resource?.(request) ?? '*' }
    : { action: operation.action ?? operation.name, resource: arnOf(key), key };
}

function decide(question: AuthorisationQuestion, permission: FurtherPermission): Authorization {
  const { operation, request, backend, caller } = question;
  const { action = operation.name, resource, key } = permission;
  const newGrant = question.key && question.operation.newGrant?.(request);
  const operationConditions = () =>
    permission.conditions ?? operation.conditions?.(request, backend);
  return authorize({
    request: {
      principal: caller.identity,
      action: `kms:${action}`,
      resource,
      context: () => conditionsOf({ ...question, key, operationConditions: operationConditions() }),
      ...(newGrant === undefined ? {} : { newGrant }),
    },
    key: key && authorityOver(key, question, { operation: action, operationConditions }),
    identityPolicies: caller.policies,
  });
}

function authorityOver(
  key: KeyRecord,
  question: AuthorisationQuestion,
  asked: {
    readonly operation: string;
    readonly operationConditions: () => RequestContext | undefined;
  },
): AuthorizedKey {
  const authority = question.key && question.operation.authority?.({ ...question, key });
  return (
    authority ?? {
      accountId: key.account,
      policy: question.policies.parse(key.policy),
      grants: callerGrants({
        grants: question.backend.store.grants,
        key,
        caller: question.caller.identity,
        operation: asked.operation,
        encryptionContext: () =>
          createContextLookup(asked.operationConditions() ?? new Map()).encryptionContext() ??
          new Map(),
      }),
    }
  );
}
