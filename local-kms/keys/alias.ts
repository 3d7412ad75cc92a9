import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import { notFound, validationError } from '../errors.ts';
import { aliasArn, type Realm } from '../realm.ts';
import type { AliasRecord, KeyRecord } from '../store/records.ts';
import { type AliasCollection, type Collection, EVERY } from '../store/store.ts';
import { findKeyWithoutAlias, requestAlias } from './lookup.ts';

const MAX_ALIASES_PER_KEY = 50;

/** @throws {KmsServiceError} ValidationException, NotAuthorizedException for a name of AWS's own. */
export function checkAliasName(name: string): void {
  if (!name.startsWith('alias/') || name === 'alias/') {
    throw validationError(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) throw new KmsServiceError('NotAuthorizedException');
}

/** @throws {KmsServiceError} NotFoundException */
export function getAlias(
  aliases: Collection<AliasRecord>,
  realm: Realm,
  name: string,
): AliasRecord {
  const alias = aliases.get(realm, name);
  if (alias === undefined) throw notFound(`Alias ${aliasArn(realm, name)} is not found.`);
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
