import { parsePrincipalArn } from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import { partitionOf, type Realm } from '../realm.ts';

/** An AWS service, or its service in a region; regions of China end in `.cn`. */
const SERVICE_PRINCIPAL = /^(?:[a-z0-9-]+\.)+amazonaws\.com(?:\.cn)?$/;

/**
 * Checks that a grant in a region can be to a principal, or retired by it: an account, a user, a
 * role, a role session or a federated user of the region's partition, by its ARN, or an AWS service
 * by its name. Whether there is such a principal is not asked.
 *
 * @throws {KmsServiceError} InvalidArnException, in the recorded words of the service.
 */
export function checkPrincipal(principal: string, { region }: Pick<Realm, 'region'>): void {
  if (SERVICE_PRINCIPAL.test(principal)) return;
  if (parsePrincipalArn(principal)?.partition === partitionOf(region)) return;
  throw new KmsServiceError(
    'InvalidArnException',
    `ARN does not refer to a valid principal: ${principal}`,
  );
}

/** The account of a principal; undefined for an AWS service. */
export function accountOf(arn: string): string | undefined {
  return parsePrincipalArn(arn)?.accountId;
}

/** The account that a principal is as a whole; undefined if it is someone in one. */
export function wholeAccount(arn: string): string | undefined {
  const principal = parsePrincipalArn(arn);
  return principal?.kind === 'root' ? principal.accountId : undefined;
}
