import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { encodeHex } from '../../shared/encoding.ts';
import { type Address, formatAddress } from '../../shared/vsock/index.ts';
import type { EnclaveConfig } from '../config.ts';

/**
 * The configuration as it applies, defaults included, in one form: JSON without white space, members
 * ordered by the UTF-16 units of their names (RFC 8785), addresses and registers as text.
 */
export function encodeEffectiveConfig(config: EnclaveConfig): string {
  return JSON.stringify(normalize(config));
}

/** SHA-256 of {@link encodeEffectiveConfig}: what documents for clients say about the configuration. */
export function configHash(config: EnclaveConfig): Uint8Array {
  const digest = createHash('sha256').update(encodeEffectiveConfig(config), 'utf8').digest();
  return new Uint8Array(Buffer.from(digest));
}

function normalize(value: unknown): unknown {
  if (value instanceof Uint8Array) return encodeHex(value);
  if (Array.isArray(value)) return value.map(normalize);
  if (typeof value !== 'object' || value === null) return value;
  if (isAddress(value)) return formatAddress(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, normalize(member)] as const),
  );
}

function isAddress(value: object): value is Address {
  return 'kind' in value && typeof value.kind === 'string';
}
