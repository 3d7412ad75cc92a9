import { KmsServiceError } from '../../shared/kms/index.ts';
import { validationError } from '../errors.ts';
import { findKeyWithoutAlias, requestAlias } from '../keys/lookup.ts';
import { aliasArn } from '../realm.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';

export const createAlias = keyOperation({
  name: 'CreateAlias',
  input: {
    AliasName: required({ type: 'string', min: 1, max: 256, pattern: '^[a-zA-Z0-9:/_-]+$' }),
    TargetKeyId: required(KEY_ID),
  },
  findKey(request, backend) {
    if (requestAlias(request.TargetKeyId) !== undefined) {
      throw validationError('Aliases must refer to keys. Not aliases');
    }
    return findKeyWithoutAlias(backend, request.TargetKeyId);
  },
  alsoOn: (request, { realm }) => [{ resource: aliasArn(realm, request.AliasName) }],
  states: ['Enabled', 'Disabled'],
  check: ({ request }) => checkAliasName(request.AliasName),
  async execute({ backend, request, key }) {
    const { realm, store } = backend;
    const now = backend.now() / 1000;
    await store.write(({ aliases }) => {
      if (aliases.get(realm, request.AliasName) !== undefined) {
        throw new KmsServiceError(
          'AlreadyExistsException',
          `An alias with the name ${aliasArn(realm, request.AliasName)} already exists`,
        );
      }
      aliases.put({
        version: 1,
        ...realm,
        name: request.AliasName,
        targetKeyId: key.keyId,
        creationDate: now,
        lastUpdatedDate: now,
      });
    });
    return { members: {} };
  },
});

function checkAliasName(name: string): void {
  if (!name.startsWith('alias/') || name === 'alias/') {
    throw validationError(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) throw new KmsServiceError('NotAuthorizedException');
}
