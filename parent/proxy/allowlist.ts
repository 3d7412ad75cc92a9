import { z } from 'zod';
import { parseConfig } from '../../shared/config/index.ts';
import { ConfigError } from '../../shared/errors.ts';

/** A TCP host, by name or by IP address, and its port. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** Where the proxy may forward to. */
export type Allowlist = readonly Destination[];

/** A host as it stands in a configuration file: a DNS name, an IPv4 or an IPv6 address. */
export const hostSchema = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9._:-]+$/);
export const portSchema = z.int().min(1).max(65535);

/** The entries of AWS's vsock-proxy.yaml. */
export const allowlistEntriesSchema = z
  .array(
    z
      .strictObject({ address: hostSchema, port: portSchema })
      .transform(({ address, port }): Destination => ({ host: address, port })),
  )
  .max(1000);

/**
 * Reads a file in the format of AWS's vsock-proxy: a list of `{address, port}` under `allowlist`.
 *
 * @throws {ConfigError} ALLOWLIST_FORMAT, with the code of the finer reason in `details.reason`
 */
export function parseAllowlist(text: string): Allowlist {
  const schema = z.strictObject({ allowlist: allowlistEntriesSchema });
  try {
    return parseConfig(text, { schema, maxBytes: MAX_ALLOWLIST_BYTES }).allowlist;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError('ALLOWLIST_FORMAT', `allowlist: ${error.message}`, {
      details: { ...error.details, reason: error.code },
    });
  }
}

/**
 * Checks that the host, but for upper and lower case, and the port stand in the allowlist.
 *
 * Names are compared as text and never looked up, unlike in vsock-proxy: whoever answers DNS cannot
 * make a destination pass for another.
 *
 * @throws {ConfigError} ALLOWLIST_DENIED
 */
export function checkAllowed(allowlist: Allowlist, destination: Destination): void {
  const host = destination.host.toLowerCase();
  const allowed = allowlist.some(
    (entry) => entry.port === destination.port && entry.host.toLowerCase() === host,
  );
  if (allowed) return;
  throw new ConfigError(
    'ALLOWLIST_DENIED',
    `${formatDestination(destination)} is not in the allowlist`,
    { details: { host: destination.host, port: destination.port } },
  );
}

export function formatDestination({ host, port }: Destination): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export const MAX_ALLOWLIST_BYTES = 64 * 1024;
