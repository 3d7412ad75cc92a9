/** "Condition keys for AWS KMS" (AWS KMS Developer Guide), without those that name something. */
const NAMES = [
  'BypassPolicyLockoutSafetyCheck',
  'CallerAccount',
  'CustomerMasterKeySpec',
  'CustomerMasterKeyUsage',
  'DataKeyPairSpec',
  'EncryptionAlgorithm',
  'EncryptionContextKeys',
  'ExpirationModel',
  'GrantConstraintType',
  'GranteePrincipal',
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
  'RecipientAttestation:ImageSha384',
  'ReEncryptOnSameKey',
  'ReplicaRegion',
  'RequestAlias',
  'ResourceAliases',
  'RetiringPrincipal',
  'RotationPeriodInDays',
  'ScheduleKeyDeletionPendingWindowInDays',
  'SigningAlgorithm',
  'ValidTo',
  'ViaService',
  'WrappingAlgorithm',
  'WrappingKeySpec',
];

const known = new Set(NAMES.map((name) => `kms:${name}`.toLowerCase()));

/** The registers of a document are those of 0 to 31, written without padding. */
const NAMING =
  /^kms:(?:encryptioncontext:.+|recipientattestation:(?:nitrotpm)?pcr(?:\d|[12]\d|3[01]))$/s;

/**
 * Whether a condition key begins with `kms:` and is none that KMS has, for example a misspelt one.
 *
 * KMS accepts such a key in a policy, and no request ever gives it.
 */
export function isUnknownKmsKey(key: string): boolean {
  const name = key.toLowerCase();
  return name.startsWith('kms:') && !known.has(name) && !NAMING.test(name);
}
