import { KmsServiceError } from '../../shared/kms/index.ts';
import { checkAliasQuota, findAliasTarget } from '../keys/alias.ts';
import { checkAliasName } from '../keys/alias-name.ts';
import { currentKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { aliasArn } from '../realm.ts';
import { ALIAS_NAME, KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

export const createAlias = keyOperation({
  name: 'CreateAlias',
  input: { AliasName: required(ALIAS_NAME), TargetKeyId: required(KEY_ID) },
  findKey: (request, backend) => findAliasTarget(backend, request.TargetKeyId),
  alsoOn: (request, { realm }) => [{ resource: aliasArn(realm, request.AliasName) }],
  states: CHANGEABLE,
  check: ({ request }) => checkAliasName(request.AliasName),
  async execute({ backend, request, key }) {
    const { realm, store } = backend;
    const now = backend.now() / 1000;
    await store.write((transaction) => {
      const { aliases } = transaction;
      checkState(CHANGEABLE, currentKey(backend, transaction, key));
      if (aliases.get(realm, request.AliasName) !== undefined) {
        throw new KmsServiceError(
          'AlreadyExistsException',
          `An alias with the name ${aliasArn(realm, request.AliasName)} already exists`,
        );
      }
      checkAliasQuota(aliases, key);
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
