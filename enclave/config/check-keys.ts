import { invalidConfig } from './invalid.ts';
import { type NamedKey, takesEncryptionContext } from './keys.ts';
import { awsPartition } from './partitions.ts';

/**
 * Checks that KMS of the region can have every key, and that what a key requires can be met.
 *
 * @throws {ConfigError} CONFIG_INVALID
 */
export function checkKeys(keys: Readonly<Record<string, NamedKey>>, region: string): void {
  const expected = awsPartition(region);
  for (const [name, { arn, operations, encryptionContext }] of Object.entries(keys)) {
    const [, partition, , keyRegion] = arn.split(':');
    if (keyRegion !== region) {
      throw invalidConfig(
        `keys.${name}.arn: expected a key in ${region}, as kms.region says, got one in ${keyRegion}`,
      );
    }
    // In development the region may be of a partition that is not known here.
    if (expected !== undefined && partition !== expected) {
      throw invalidConfig(
        `keys.${name}.arn: expected the partition ${expected}, which ${region} is in, got ${partition}`,
      );
    }
    const required = Object.keys(encryptionContext);
    if (required.length > 0 && !operations.some(takesEncryptionContext)) {
      throw invalidConfig(
        `keys.${name}.encryptionContext: expected no pairs, since ${operations.join(', ')} can have none, got ${required.join(', ')}`,
      );
    }
  }
}
