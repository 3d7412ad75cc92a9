import { Buffer } from 'node:buffer';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { ConfigError } from '../../shared/errors.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { Secret } from '../../shared/secret.ts';
import type { Realm } from '../realm.ts';
import type { Vault } from '../store/vault.ts';
import { WRAPPING_ALGORITHMS, type WrappingAlgorithm } from './wrapping-algorithm.ts';

/*
 * An import token carries its wrapping key, sealed by the vault for one KMS key: the store keeps
 * nothing that an import which never comes would leave behind, and tokens survive a restart.
 *
 *   offset  length
 *        0       1  the algorithm, by its place among WRAPPING_ALGORITHMS
 *        1       8  when the token expires, in seconds since the Unix epoch, as a double
 *        9       n  the wrapping key, PKCS #8
 */

const VALID_TO_AT = 1;
const WRAPPING_KEY_AT = 9;

type Identity = Realm & { readonly keyId: string };

/** Disposes of the wrapping key. */
export function sealImportToken(
  vault: Vault,
  key: Identity,
  token: {
    readonly algorithm: WrappingAlgorithm;
    readonly validTo: number;
    readonly wrappingKey: Secret;
  },
): Uint8Array {
  const { algorithm, validTo, wrappingKey } = token;
  const bytes = Buffer.alloc(WRAPPING_KEY_AT + wrappingKey.length);
  try {
    bytes.writeUInt8(WRAPPING_ALGORITHMS.indexOf(algorithm));
    bytes.writeDoubleBE(validTo, VALID_TO_AT);
    wrappingKey.reveal((pkcs8) => bytes.set(pkcs8, WRAPPING_KEY_AT));
    return Buffer.from(vault.seal(labelOf(key), bytes), 'base64');
  } finally {
    bytes.fill(0);
    wrappingKey.dispose();
  }
}

export interface ImportToken {
  readonly algorithm: WrappingAlgorithm;
  /** Private. */
  readonly wrappingKey: KeyObject;
}

/**
 * Opens the token that an import names.
 *
 * @param now - seconds since the Unix epoch.
 * @throws {KmsServiceError} InvalidImportTokenException for a token that is not of this key;
 *   ExpiredImportTokenException
 */
export function openImportToken(
  vault: Vault,
  key: Identity,
  token: Uint8Array,
  now: number,
): ImportToken {
  const opened = unseal(vault, key, token);
  try {
    return opened.reveal((raw) => {
      const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
      if (bytes.readDoubleBE(VALID_TO_AT) <= now) {
        throw new KmsServiceError('ExpiredImportTokenException');
      }
      return {
        algorithm: WRAPPING_ALGORITHMS[bytes.readUInt8()] as WrappingAlgorithm,
        wrappingKey: createPrivateKey({
          key: bytes.subarray(WRAPPING_KEY_AT),
          format: 'der',
          type: 'pkcs8',
        }),
      };
    });
  } finally {
    opened.dispose();
  }
}

function unseal(vault: Vault, key: Identity, token: Uint8Array): Secret {
  try {
    return vault.open(labelOf(key), Buffer.from(token).toString('base64'));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new KmsServiceError('InvalidImportTokenException');
  }
}

function labelOf({ account, region, keyId }: Identity): string {
  return ['import-token', account, region, keyId].join('/');
}
