import { KEY_ID_FORM, KmsServiceError } from '../../shared/kms/index.ts';
import type { Backend } from '../backend.ts';
import type { CiphertextBlob } from '../cryptography/encryption/ciphertext-blob.ts';
import { notFound } from '../errors.ts';
import { aliasArn, keyArn, partitionOf, type Realm } from '../realm.ts';
import type { KeyRecord } from '../store/records.ts';
import { ALIAS_NAME_FORM } from './alias-name.ts';
import { settleKey } from './lifecycle.ts';

const ARN = /^arn:([a-z-]+):kms:([a-z0-9-]+):(\d{12}):(?:key\/(.+)|(alias\/.+))$/;

/**
 * Finds the key that a request names, by key id, key ARN, alias name or alias ARN. An ARN may be of
 * another account, but not of another region.
 *
 * @throws {KmsServiceError} NotFoundException
 */
export function findKey(backend: Backend, text: string): KeyRecord {
  const { realm, keyId, alias } = parseReference(backend, text);
  if (alias === undefined) return getKey(backend, realm, keyId);
  // What can be no name of an alias can be no key of the store either: it may be too long.
  const record = ALIAS_NAME_FORM.test(alias) ? backend.store.aliases.get(realm, alias) : undefined;
  if (record === undefined) throw notFound(`Alias ${aliasArn(realm, alias)} is not found.`);
  return getKey(backend, realm, record.targetKeyId);
}

/**
 * Finds the key that a management request names: those take a key id or key ARN only.
 *
 * @throws {KmsServiceError} NotFoundException
 */
export function findKeyWithoutAlias(backend: Backend, text: string): KeyRecord {
  const { realm, keyId, alias } = parseReference(backend, text);
  if (alias !== undefined) throw invalidKeyId(text);
  return getKey(backend, realm, keyId);
}

/**
 * Finds the key that made a ciphertext, for a caller who does not name it. It may be of another
 * account, but not of another region.
 *
 * @throws {KmsServiceError} AccessDeniedException, which does not say whether there is such a key
 */
export function findKeyOfBlob(backend: Backend, { account, keyId }: CiphertextBlob): KeyRecord {
  const key = settledKey(backend, { ...backend.realm, account }, keyId);
  if (key === undefined) {
    throw new KmsServiceError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  }
  return key;
}

/** The alias name that a request names its key by; undefined if it does not use an alias. */
export function requestAlias(text: string): string | undefined {
  return text.startsWith('alias/') ? text : ARN.exec(text)?.[5];
}

type Reference = { readonly realm: Realm } & (
  | { readonly keyId: string; readonly alias?: never }
  | { readonly keyId?: never; readonly alias: string }
);

function parseReference({ realm: own }: Backend, text: string): Reference {
  if (text.startsWith('alias/')) return { realm: own, alias: text };
  if (KEY_ID_FORM.test(text)) return { realm: own, keyId: text };
  const [, partition, region, account, keyId, alias] = ARN.exec(text) ?? [];
  if (region === undefined || account === undefined) throw invalidKeyId(text);
  if (region !== own.region || partition !== partitionOf(own.region)) {
    throw notFound(`Invalid arn ${region}`);
  }
  const realm = { region, account };
  if (alias !== undefined) return { realm, alias };
  if (keyId === undefined || !KEY_ID_FORM.test(keyId)) throw invalidKeyId(text);
  return { realm, keyId };
}

function getKey(backend: Backend, realm: Realm, keyId: string): KeyRecord {
  const key = settledKey(backend, realm, keyId);
  if (key === undefined) throw notFound(`Key '${keyArn(realm, keyId)}' does not exist`);
  return key;
}

/** A key as time has left it. */
export function settledKey(
  { store, now }: Backend,
  realm: Realm,
  keyId: string,
): KeyRecord | undefined {
  const record = store.keys.get(realm, keyId);
  return record === undefined ? undefined : settleKey(record, now() / 1000);
}

function invalidKeyId(text: string): KmsServiceError {
  return notFound(`Invalid keyId '${text}'`);
}
