import {
  encryptionContextEntries,
  type GrantConstraints,
  kmsContext,
  type RequestContext,
} from '../../shared/key-policy/index.ts';
import { unsupported, validationError } from '../errors.ts';
import { STRING_MAP } from '../schema/members.ts';
import { optional, type ValueOf } from '../schema/shape.ts';
import type { GrantRecord, KeyRecord } from '../store/records.ts';

const MAX_PAIRS = 8;
const MAX_CHARACTERS = 384;

/** The `Constraints` of CreateGrant. */
export const GRANT_CONSTRAINTS = {
  type: 'structure',
  members: {
    EncryptionContextSubset: optional(STRING_MAP),
    EncryptionContextEquals: optional(STRING_MAP),
    SourceArn: optional({ type: 'string' }),
  },
} as const;

export type GrantConstraint = NonNullable<GrantRecord['constraint']>;

/**
 * The constraint that a request gives its new grant. An empty map is none, as in KMS, and a grant
 * has one of the two kinds (KmsGrantConstraints, IAM Access Analyzer API Reference).
 *
 * A `SourceArn` is refused: no AWS service makes requests to this server on behalf of a resource.
 *
 * @throws {KmsServiceError} ValidationException, UnsupportedOperationException
 */
export function parseGrantConstraint(
  given: ValueOf<typeof GRANT_CONSTRAINTS> | undefined,
): GrantConstraint | undefined {
  if (given?.SourceArn !== undefined) {
    throw unsupported('This server does not support the SourceArn grant constraint.');
  }
  const constraints = [
    constraintOf('EncryptionContextEquals', given?.EncryptionContextEquals),
    constraintOf('EncryptionContextSubset', given?.EncryptionContextSubset),
  ].filter((constraint) => constraint !== undefined);
  if (constraints.length > 1) {
    throw validationError(
      'A grant can have EncryptionContextEquals or EncryptionContextSubset, but not both.',
    );
  }
  for (const { type, pairs } of constraints) checkSize(type, pairs);
  return constraints[0];
}

/**
 * Checks that the operations with a key have what the constraint is about.
 *
 * @throws {KmsServiceError} ValidationException
 */
export function checkConstraintSuits(
  constraint: GrantConstraint | undefined,
  { keySpec }: Pick<KeyRecord, 'keySpec'>,
): void {
  if (constraint !== undefined && keySpec !== 'SYMMETRIC_DEFAULT') {
    throw validationError(
      `${constraint.type} is only valid for grants on symmetric encryption KMS keys.`,
    );
  }
}

/** The condition keys that a constraint gives to the requests that create or retire its grant. */
export function constraintConditions(constraint: GrantConstraint | undefined): RequestContext {
  if (constraint === undefined) return new Map();
  return new Map([
    ...kmsContext({ GrantConstraintType: constraint.type }),
    ...encryptionContextEntries(new Map(constraint.pairs)),
  ]);
}

/** As the evaluation of grants takes it. */
export function policyConstraints({ type, pairs }: GrantConstraint): GrantConstraints {
  return type === 'EncryptionContextEquals'
    ? { encryptionContextEquals: new Map(pairs) }
    : { encryptionContextSubset: new Map(pairs) };
}

function constraintOf(
  type: GrantConstraint['type'],
  pairs: ReadonlyMap<string, string> | undefined,
): GrantConstraint | undefined {
  return pairs === undefined || pairs.size === 0 ? undefined : { type, pairs: [...pairs] };
}

/** "Cannot exceed 384 characters": taken to be those of all keys and values together. */
function checkSize(type: string, pairs: GrantConstraint['pairs']): void {
  if (pairs.length > MAX_PAIRS) {
    throw validationError(`${type} cannot have more than ${MAX_PAIRS} pairs.`);
  }
  if (pairs.flat().join('').length > MAX_CHARACTERS) {
    throw validationError(`${type} cannot exceed ${MAX_CHARACTERS} characters.`);
  }
}
