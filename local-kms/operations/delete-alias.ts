import { currentAlias } from '../keys/alias.ts';
import { checkAliasName } from '../keys/alias-name.ts';
import { findKey } from '../keys/lookup.ts';
import { aliasArn } from '../realm.ts';
import { ALIAS_NAME } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const deleteAlias = keyOperation({
  name: 'DeleteAlias',
  input: { AliasName: required(ALIAS_NAME) },
  findKey(request, backend) {
    checkAliasName(request.AliasName);
    return findKey(backend, request.AliasName);
  },
  alsoOn: (request, { realm }) => [{ resource: aliasArn(realm, request.AliasName) }],
  states: KEY_STATES,
  async execute({ backend: { realm, store }, request, key: target }) {
    await store.write(({ aliases }) => {
      currentAlias(aliases, { realm, name: request.AliasName, target });
      aliases.remove(realm, request.AliasName);
    });
    return { members: {} };
  },
});
