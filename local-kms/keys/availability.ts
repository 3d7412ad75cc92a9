import { unsupported } from '../errors.ts';
import { partitionOf, type Realm } from '../realm.ts';

/**
 * Refuses SM2 outside the regions of China, the only ones that the service has it in.
 *
 * @param member - that names the spec, for the message.
 * @throws {KmsServiceError} UnsupportedOperationException
 */
export function checkSpecInRegion(
  member: 'KeySpec' | 'KeyPairSpec',
  spec: string,
  { region }: Realm,
): void {
  if (spec === 'SM2' && partitionOf(region) !== 'aws-cn') {
    throw unsupported(`${member} SM2 is not supported in this region.`);
  }
}
