import { KmsServiceError } from '../../shared/kms/index.ts';

const PRINCIPAL =
  /^arn:aws[a-z-]*:(?:iam::(\d{12}):(?:root|(?:user|role)\/[^*?\s]+)|sts::(\d{12}):(?:assumed-role|federated-user)\/[^*?\s]+)$/;
const ROOT = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;

/**
 * The account of a principal that can have or retire a grant: an account, a user, a role, a role
 * session or a federated user, by its ARN. Whether there is such a principal is not asked.
 *
 * @throws {KmsServiceError} InvalidArnException, in the recorded words of the service.
 */
export function accountOfPrincipal(arn: string): string {
  const [, iam, sts] = PRINCIPAL.exec(arn) ?? [];
  const account = iam ?? sts;
  if (account === undefined) {
    throw new KmsServiceError(
      'InvalidArnException',
      `ARN does not refer to a valid principal: ${arn}`,
    );
  }
  return account;
}

/** The account that a principal is as a whole; undefined if it is someone in one. */
export function wholeAccount(arn: string): string | undefined {
  return ROOT.exec(arn)?.[1];
}
