import { KmsServiceError } from '../../shared/kms/index.ts';
import { validationError } from '../errors.ts';

/** What the name of an alias can be. */
export const ALIAS_NAME_FORM = /^alias\/[a-zA-Z0-9/_-]{1,250}$/;

/** @throws {KmsServiceError} ValidationException, NotAuthorizedException for a name of AWS's own. */
export function checkAliasName(name: string): void {
  if (!name.startsWith('alias/') || name === 'alias/') {
    throw validationError(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) throw new KmsServiceError('NotAuthorizedException');
  // The pattern of the API has the colon, the service has not.
  if (name.includes(':')) {
    throw validationError(`${name} contains invalid characters for an alias`);
  }
}
