import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { notFound, validationError } from '../errors.ts';
import { aliasArn, type Realm } from '../realm.ts';
import type { AliasRecord, KeyRecord } from '../store/records.ts';
import { type AliasCollection, type Collection, EVERY } from '../store/store.ts';
import { findKeyWithoutAlias, requestAlias } from './lookup.ts';

const MAX_ALIASES_PER_KEY = 50;

/**
 * An alias as it is when the transaction runs. It must still name the key that it named when the
 * caller was authorised: of another one, nobody was asked. The service's own fault is what clients
 * make the same request again for.
 *
 * @throws {KmsServiceError} NotFoundException, KMSInternalException
 */
export function currentAlias(
  aliases: Collection<AliasRecord>,
  {
    realm,
    name,
    target,
  }: { readonly realm: Realm; readonly name: string; readonly target: KeyRecord },
): AliasRecord {
  const alias = aliases.get(realm, name);
  if (alias === undefined) throw notFound(`Alias ${aliasArn(realm, name)} is not found.`);
  if (alias.targetKeyId !== target.keyId) {
    throw new KmsServiceError('KMSInternalException', undefined, { statusCode: 500 });
  }
  return alias;
}

/**
 * Finds the key that an alias is to name.
 *
 * @throws {KmsServiceError} NotFoundException, ValidationException for an alias in its place.
 */
export function findAliasTarget(backend: Backend, text: string): KeyRecord {
  if (requestAlias(text) !== undefined) {
    throw validationError('Aliases must refer to keys. Not aliases');
  }
  return findKeyWithoutAlias(backend, text);
}

/** @throws {KmsServiceError} LimitExceededException if a key has as many aliases as it may. */
export function checkAliasQuota(aliases: AliasCollection, key: KeyRecord): void {
  const usage = aliases.of(key, EVERY).length;
  if (usage < MAX_ALIASES_PER_KEY) return;
  throw new KmsServiceError(
    'LimitExceededException',
    `Aliases per key quota for this account in this region is ${MAX_ALIASES_PER_KEY}, current usage is ${usage}.`,
  );
}
