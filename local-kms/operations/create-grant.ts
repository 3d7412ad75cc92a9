import { encodeHex } from '../../shared/encoding.ts';
import { kmsContext } from '../../shared/key-policy/index.ts';
import type { KmsServiceError } from '../../shared/kms/index.ts';
import { unsupported, validationError } from '../errors.ts';
import {
  checkConstraintSuits,
  constraintConditions,
  GRANT_CONSTRAINTS,
  parseGrantConstraint,
  policyConstraints,
} from '../grants/constraint.ts';
import { checkGrantOperations } from '../grants/key-operations.ts';
import { findSameGrant } from '../grants/new-grant.ts';
import { GRANT_OPERATIONS } from '../grants/operations.ts';
import { checkPrincipal } from '../grants/principal.ts';
import { sealGrantToken } from '../grants/token.ts';
import { currentKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { GRANTABLE, KEY_ID, PRINCIPAL } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import type { KeyState } from '../store/records.ts';
import type { GrantContent } from '../store/store.ts';
import { type KeyCall, keyOperation } from './operation.ts';

const GRANT_ID_BYTES = 32;

const STATES: readonly KeyState[] = ['Enabled'];

const input = {
  KeyId: required(KEY_ID),
  GranteePrincipal: optional(PRINCIPAL),
  GranteeServicePrincipal: optional({ type: 'string' }),
  RetiringPrincipal: optional(PRINCIPAL),
  RetiringServicePrincipal: optional({ type: 'string' }),
  Operations: required({ type: 'list', of: { type: 'string', values: GRANT_OPERATIONS } }),
  Constraints: optional(GRANT_CONSTRAINTS),
  Name: optional({ type: 'string', min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$' }),
  ...GRANTABLE,
} as const;

type CreateGrantRequest = RequestOf<typeof input>;

export const createGrant = keyOperation({
  name: 'CreateGrant',
  input,
  conditions: (request) =>
    new Map([
      ...kmsContext({
        GranteePrincipal: request.GranteePrincipal,
        RetiringPrincipal: request.RetiringPrincipal,
        GrantOperations: request.Operations,
        GrantIsForAWSResource: false,
      }),
      ...constraintConditions(parseGrantConstraint(request.Constraints)),
    ]),
  newGrant(request) {
    const constraint = parseGrantConstraint(request.Constraints);
    return {
      operations: request.Operations,
      ...(constraint === undefined ? {} : { constraints: policyConstraints(constraint) }),
    };
  },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  crossAccount: true,
  states: STATES,
  check(call) {
    const wanted = newGrantOf(call);
    checkGrantOperations(wanted.operations, call.key);
    checkConstraintSuits(wanted.constraint, call.key);
    findSameGrant(call.backend.store.grants, wanted);
  },
  async execute(call) {
    const { backend } = call;
    const wanted = newGrantOf(call);
    const grant = await backend.store.write((transaction) => {
      const { grants } = transaction;
      checkState(STATES, currentKey(backend, transaction, call.key));
      const same = findSameGrant(grants, wanted);
      if (same !== undefined) return same;
      const created = {
        ...wanted,
        version: 1 as const,
        grantId: encodeHex(backend.randomBytes(GRANT_ID_BYTES)),
        creationDate: backend.now() / 1000,
      };
      grants.put(created);
      return created;
    });
    return {
      members: { GrantId: grant.grantId, GrantToken: sealGrantToken(backend.vault, grant) },
    };
  },
});

function newGrantOf({ request, caller, key }: KeyCall<typeof input>): GrantContent {
  const { GranteePrincipal, RetiringPrincipal, Name } = request;
  checkServicePrincipals(request);
  if (GranteePrincipal === undefined) throw granteeMissing();
  checkPrincipal(GranteePrincipal, key);
  if (RetiringPrincipal !== undefined) checkPrincipal(RetiringPrincipal, key);
  const constraint = parseGrantConstraint(request.Constraints);
  return {
    keyId: key.keyId,
    region: key.region,
    account: key.account,
    ...(Name === undefined ? {} : { name: Name }),
    granteePrincipal: GranteePrincipal,
    ...(RetiringPrincipal === undefined ? {} : { retiringPrincipal: RetiringPrincipal }),
    issuingAccount: caller.identity.accountId,
    operations: [...new Set(request.Operations)],
    ...(constraint === undefined ? {} : { constraint }),
  };
}

/** These are for services that make requests; any can be named as one of the other principals. */
function checkServicePrincipals(request: CreateGrantRequest): void {
  const { GranteePrincipal, GranteeServicePrincipal } = request;
  if (GranteePrincipal !== undefined && GranteeServicePrincipal !== undefined) {
    throw granteeMissing();
  }
  if (request.RetiringPrincipal !== undefined && request.RetiringServicePrincipal !== undefined) {
    throw validationError(
      'You can specify either RetiringPrincipal or RetiringServicePrincipal, but not both.',
    );
  }
  for (const member of ['GranteeServicePrincipal', 'RetiringServicePrincipal'] as const) {
    if (request[member] !== undefined) {
      throw unsupported(`This server does not support ${member}: no AWS service uses it.`);
    }
  }
}

function granteeMissing(): KmsServiceError {
  return validationError(
    'You must specify either GranteePrincipal or GranteeServicePrincipal, but not both.',
  );
}
