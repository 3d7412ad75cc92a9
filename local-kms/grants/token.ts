import { Buffer } from 'node:buffer';
import { parseBase64 } from '../../shared/encoding.ts';
import { BrokerError } from '../../shared/errors.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Realm } from '../realm.ts';
import type { Vault } from '../store/vault.ts';

/** The grant that a token names, whether or not it is still there. */
export interface GrantReference extends Realm {
  readonly keyId: string;
  readonly grantId: string;
}

const LABEL = 'grant-token';

/** A token that names a grant, another one at each call. Only the vault's server can make it. */
export function sealGrantToken(vault: Vault, grant: GrantReference): string {
  const { account, region, keyId, grantId } = grant;
  return vault.seal(LABEL, Buffer.from([account, region, keyId, grantId].join('/')));
}

/** @throws {KmsServiceError} InvalidGrantTokenException for what this server has not given. */
export function openGrantToken(vault: Vault, token: string): GrantReference {
  const [account, region, keyId, grantId] = openText(vault, token).split('/');
  if (
    account === undefined ||
    region === undefined ||
    keyId === undefined ||
    grantId === undefined
  ) {
    throw invalidGrantToken();
  }
  return { account, region, keyId, grantId };
}

/**
 * Checks the `GrantTokens` of a request: each is one that this server has given.
 *
 * A grant is in force here from the moment that it is created, so a token permits nothing that its
 * grant would not permit without it. Whether KMS refuses tokens of other keys, and of grants that
 * are gone, is not documented. Here they are no error and permit nothing: clients hand the same list
 * of tokens to requests for several keys.
 *
 * @throws {KmsServiceError} InvalidGrantTokenException
 */
export function checkGrantTokens(vault: Vault, tokens: readonly string[]): void {
  for (const token of tokens) openGrantToken(vault, token);
}

export function invalidGrantToken(): KmsServiceError {
  return new KmsServiceError('InvalidGrantTokenException');
}

function openText(vault: Vault, token: string): string {
  try {
    parseBase64(token);
    const secret = vault.open(LABEL, token);
    try {
      return secret.reveal((bytes) => Buffer.from(bytes).toString('utf8'));
    } finally {
      secret.dispose();
    }
  } catch (error) {
    if (error instanceof BrokerError) throw invalidGrantToken();
    throw error;
  }
}
