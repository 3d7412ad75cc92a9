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
  return encode(config);
}

/** SHA-256 of {@link encodeEffectiveConfig}: what documents for clients say about the configuration. */
export function configHash(config: EnclaveConfig): Uint8Array {
  const digest = createHash('sha256').update(encodeEffectiveConfig(config), 'utf8').digest();
  return new Uint8Array(Buffer.from(digest));
}

function encode(value: unknown): string {
  if (value instanceof Uint8Array) return JSON.stringify(encodeHex(value));
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isAddress(value)) return JSON.stringify(formatAddress(value));
  return encodeMembers(value, (name, member) =>
    // Its names are the operator's own: one that is called `kind` makes no address of it.
    name === 'encryptionContext' ? encodePairs(member) : encode(member),
  );
}

function encodePairs(context: unknown): string {
  return encodeMembers(Object(context), (_name, text) => JSON.stringify(text));
}

/** As text, since an object would put names that are numbers first, whatever order they are given in. */
function encodeMembers(
  value: object,
  encodeMember: (name: string, member: unknown) => string,
): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${encodeMember(name, member)}`);
  return `{${members.join(',')}}`;
}

function isAddress(value: object): value is Address {
  return 'kind' in value && typeof value.kind === 'string';
}
