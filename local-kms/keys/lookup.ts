import type { Backend } from '../backend.ts';
import { notFound } from '../errors.ts';
import { aliasArn, keyArn, partitionOf } from '../realm.ts';
import type { KeyRecord } from '../store/records.ts';

const KEY_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const ARN = /^arn:([a-z-]+):kms:([a-z0-9-]+):(\d{12}):(?:key\/(.+)|(alias\/.+))$/;

/**
 * Finds the key that a request names, by key id, key ARN, alias name or alias ARN.
 *
 * @throws {KmsServiceError} NotFoundException
 */
export function findKey(backend: Backend, text: string): KeyRecord {
  const { keyId, alias } = parseReference(backend, text);
  if (alias === undefined) return getKey(backend, keyId);
  const record = backend.store.getAlias(backend.realm, alias);
  if (record === undefined) throw notFound(`Alias ${aliasArn(backend.realm, alias)} is not found.`);
  return getKey(backend, record.targetKeyId);
}

/**
 * Finds the key that a management request names: those take a key id or key ARN only.
 *
 * @throws {KmsServiceError} NotFoundException
 */
export function findKeyWithoutAlias(backend: Backend, text: string): KeyRecord {
  const { keyId, alias } = parseReference(backend, text);
  if (alias !== undefined) throw invalidKeyId(text);
  return getKey(backend, keyId);
}

/** The alias name that a request names its key by; undefined if it does not use an alias. */
export function requestAlias(text: string): string | undefined {
  return text.startsWith('alias/') ? text : ARN.exec(text)?.[5];
}

type Reference =
  | { readonly keyId: string; readonly alias?: never }
  | { readonly keyId?: never; readonly alias: string };

function parseReference({ realm }: Backend, text: string): Reference {
  if (text.startsWith('alias/')) return { alias: text };
  if (KEY_ID.test(text)) return { keyId: text };
  const [, partition, region, account, keyId, alias] = ARN.exec(text) ?? [];
  if (region === undefined) throw invalidKeyId(text);
  if (region !== realm.region || partition !== partitionOf(realm.region)) {
    throw notFound(`Invalid arn ${region}`);
  }
  if (account !== realm.account) {
    throw notFound(
      alias === undefined ? `Key '${text}' does not exist` : `Alias ${text} is not found.`,
    );
  }
  if (alias !== undefined) return { alias };
  if (keyId === undefined || !KEY_ID.test(keyId)) throw invalidKeyId(text);
  return { keyId };
}

function getKey({ store, realm }: Backend, keyId: string): KeyRecord {
  const record = store.getKey(realm, keyId);
  if (record === undefined) throw notFound(`Key '${keyArn(realm, keyId)}' does not exist`);
  return record;
}

function invalidKeyId(text: string) {
  return notFound(`Invalid keyId '${text}'`);
}
