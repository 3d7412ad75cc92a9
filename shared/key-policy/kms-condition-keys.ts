import type { RequestContext } from './context.ts';

/**
 * "Condition keys for AWS Key Management Service" (Service Authorization Reference), without those
 * of an encryption context or an attestation document.
 */
const NAMES = [
  'BypassPolicyLockoutSafetyCheck',
  'CallerAccount',
  'CustomerMasterKeySpec',
  'CustomerMasterKeyUsage',
  'DataKeyPairSpec',
  'EncryptionAlgorithm',
  'ExpirationModel',
  'GrantConstraintSourceArn',
  'GrantConstraintType',
  'GranteePrincipal',
  'GranteeServicePrincipal',
  'GrantIsForAWSResource',
  'GrantOperations',
  'KeyAgreementAlgorithm',
  'KeyOrigin',
  'KeySpec',
  'KeyUsage',
  'MacAlgorithm',
  'MessageType',
  'MultiRegion',
  'MultiRegionKeyType',
  'PrimaryRegion',
  'ReEncryptOnSameKey',
  'ReplicaRegion',
  'RequestAlias',
  'ResourceAliases',
  'RetiringPrincipal',
  'RetiringServicePrincipal',
  'RotationPeriodInDays',
  'ScheduleKeyDeletionPendingWindowInDays',
  'SigningAlgorithm',
  'TrailingDaysWithoutKeyUsage',
  'ValidTo',
  'ViaService',
  'WrappingAlgorithm',
  'WrappingKeySpec',
] as const;

const known = new Set(NAMES.map((name) => `kms:${name}`.toLowerCase()));

/** The registers are those of 0 to 31 in an enclave, of 0 to 23 in a TPM, written without padding. */
const NAMING =
  /^kms:(?:encryptioncontext:.+|encryptioncontextkeys|recipientattestation:(?:imagesha384|pcr(?:\d|[12]\d|3[01])|nitrotpmpcr(?:\d|1\d|2[0-3])))$/s;

/**
 * Whether a condition key begins with `kms:` and is none that KMS has, for example a misspelt one.
 *
 * KMS accepts such a key in a policy, and no request ever gives it.
 */
export function isUnknownKmsKey(key: string): boolean {
  const name = key.toLowerCase();
  return name.startsWith('kms:') && !known.has(name) && !NAMING.test(name);
}

/** What a condition key of a request may be given as. */
export type ConditionValue = string | number | boolean | readonly string[] | undefined;

/**
 * Condition keys of KMS by their names without `kms:`. One that is undefined, or has an empty list
 * of values, is missing from the request.
 *
 * Those of an encryption context and of an attestation document have functions of their own.
 */
export function kmsContext(
  values: {
    readonly [Name in (typeof NAMES)[number]]?: ConditionValue;
  },
): RequestContext {
  const context = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries<ConditionValue>(values)) {
    if (value === undefined) continue;
    context.set(`kms:${name}`, typeof value === 'object' ? value : [String(value)]);
  }
  return context;
}
