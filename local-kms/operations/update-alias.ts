import { validationError } from '../errors.ts';
import { checkAliasQuota, currentAlias, findAliasTarget } from '../keys/alias.ts';
import { checkAliasName } from '../keys/alias-name.ts';
import { currentKey } from '../keys/change.ts';
import { checkState } from '../keys/check-state.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { aliasArn } from '../realm.ts';
import { ALIAS_NAME, KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';
import { keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

export const updateAlias = keyOperation({
  name: 'UpdateAlias',
  input: { AliasName: required(ALIAS_NAME), TargetKeyId: required(KEY_ID) },
  /** The key that the alias is to name from now on. */
  findKey(request, backend) {
    checkAliasName(request.AliasName);
    return findAliasTarget(backend, request.TargetKeyId);
  },
  alsoOn(request, backend) {
    const current = findKey(backend, request.AliasName);
    return [
      { resource: aliasArn(backend.realm, request.AliasName) },
      { resource: arnOf(current), key: current },
    ];
  },
  states: CHANGEABLE,
  check: ({ backend, request, key }) => checkLike(findKey(backend, request.AliasName), key),
  async execute({ backend, request, key }) {
    const { realm, store } = backend;
    const lastUpdatedDate = backend.now() / 1000;
    const target = findKey(backend, request.AliasName);
    await store.write((transaction) => {
      const { aliases } = transaction;
      checkState(CHANGEABLE, currentKey(backend, transaction, key));
      const alias = currentAlias(aliases, { realm, name: request.AliasName, target });
      if (alias.targetKeyId !== key.keyId) checkAliasQuota(aliases, key);
      aliases.put({ ...alias, targetKeyId: key.keyId, lastUpdatedDate });
    });
    return { members: {} };
  },
});

/** What uses an alias must go on working. The text is not recorded from the service. */
function checkLike(current: KeyRecord, next: KeyRecord): void {
  const alike =
    current.keyUsage === next.keyUsage &&
    (current.keySpec === 'SYMMETRIC_DEFAULT') === (next.keySpec === 'SYMMETRIC_DEFAULT');
  if (alike) return;
  throw validationError(
    `Alias cannot be moved from ${arnOf(current)} to ${arnOf(next)}: both must have the same type and key usage.`,
  );
}
