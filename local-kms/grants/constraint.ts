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
 * The constraint that a request gives its new grant. An empty map alone is none, as in KMS; beside
 * another map it is one too many (github.com/aws/aws-sdk-java/issues/328, which has the text).
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
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset } = given ?? {};
  if (equals !== undefined && subset !== undefined) {
    throw validationError('More than one constraint supplied');
  }
  return (
    constraintOf('EncryptionContextEquals', equals) ??
    constraintOf('EncryptionContextSubset', subset)
  );
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
  if (pairs === undefined || pairs.size === 0) return undefined;
  const constraint = { type, pairs: [...pairs] };
  checkSize(constraint);
  return constraint;
}

/** "Cannot exceed 384 characters": taken to be those of all keys and values together. */
function checkSize({ type, pairs }: GrantConstraint): void {
  if (pairs.length > MAX_PAIRS) {
    throw validationError(`${type} cannot have more than ${MAX_PAIRS} pairs.`);
  }
  if (pairs.flat().join('').length > MAX_CHARACTERS) {
    throw validationError(`${type} cannot exceed ${MAX_CHARACTERS} characters.`);
  }
}
