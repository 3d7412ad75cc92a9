import { KmsServiceError } from '../../shared/kms/index.ts';

const PRINCIPAL =
  /^arn:aws[a-z-]*:(?:iam::\d{12}:(?:root|(?:user|role)\/[^*?\s]+)|sts::\d{12}:(?:assumed-role|federated-user)\/[^*?\s]+)$/;
const ROOT = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;

/**
 * Checks that a grant can be to a principal, or retired by it: an account, a user, a role, a role
 * session or a federated user, by its ARN. Whether there is such a principal is not asked.
 *
 * @throws {KmsServiceError} InvalidArnException, in the recorded words of the service.
 */
export function checkPrincipal(arn: string): void {
  if (!PRINCIPAL.test(arn)) {
    throw new KmsServiceError(
      'InvalidArnException',
      `ARN does not refer to a valid principal: ${arn}`,
    );
  }
}

/** The account of a principal. */
export function accountOf(arn: string): string | undefined {
  return arn.split(':')[4];
}

/** The account that a principal is as a whole; undefined if it is someone in one. */
export function wholeAccount(arn: string): string | undefined {
  return ROOT.exec(arn)?.[1];
}
