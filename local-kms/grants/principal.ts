import { parsePrincipalArn } from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';

/**
 * Checks that a grant can be to a principal, or retired by it: an account, a user, a role, a role
 * session or a federated user, by its ARN. Whether there is such a principal is not asked.
 *
 * @throws {KmsServiceError} InvalidArnException, in the recorded words of the service.
 */
export function checkPrincipal(arn: string): void {
  if (parsePrincipalArn(arn) === undefined) {
    throw new KmsServiceError(
      'InvalidArnException',
      `ARN does not refer to a valid principal: ${arn}`,
    );
  }
}

/** The account of a principal. */
export function accountOf(arn: string): string | undefined {
  return parsePrincipalArn(arn)?.accountId;
}

/** The account that a principal is as a whole; undefined if it is someone in one. */
export function wholeAccount(arn: string): string | undefined {
  const principal = parsePrincipalArn(arn);
  return principal?.kind === 'root' ? principal.accountId : undefined;
}
