import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { addressSchema, parseConfig, readConfigFile } from '../shared/config/index.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import type { Address } from '../shared/vsock/index.ts';
import {
  type Allowlist,
  allowlistEntriesSchema,
  type Destination,
  hostSchema,
  MAX_ALLOWLIST_BYTES,
  parseAllowlist,
  portSchema,
} from './proxy/allowlist.ts';
import type { ForwarderLimits } from './proxy/forwarder.ts';

/** What the parent does: which addresses it forwards, where to, and whose credentials it serves. */
export interface ParentConfig {
  readonly proxy: readonly ProxyConfig[];
  readonly allowlist: Allowlist;
  readonly credentials?: CredentialsConfig | undefined;
  readonly logs?: LogsConfig | undefined;
  readonly limits: ForwarderLimits;
}

export interface ProxyConfig {
  readonly listen: Address;
  readonly remote: Destination;
  /** The only virtual machines that are served; any, if it is not given. */
  readonly cids?: readonly number[] | undefined;
}

export interface CredentialsConfig {
  /** Over TCP, only an IP address of loopback: the credentials go out unencrypted, to whoever asks. */
  readonly listen: Address;
  /** The only virtual machines that are served; any, if it is not given. */
  readonly cids?: readonly number[] | undefined;
  readonly source:
    | { readonly kind: 'static'; readonly file: string }
    | { readonly kind: 'imds'; readonly endpoint: string; readonly timeoutMs: number };
}

export interface LogsConfig {
  readonly listen: Address;
  /** The only virtual machines whose lines are taken; any, if it is not given. */
  readonly cids?: readonly number[] | undefined;
  readonly to: { readonly kind: 'stdout' } | { readonly kind: 'file'; readonly file: string };
}

const milliseconds = z.int().min(1).max(86_400_000);

const imdsSchema = z.strictObject({
  kind: z.literal('imds'),
  endpoint: z
    .url({ protocol: /^http$/ })
    .max(300)
    .default('http://169.254.169.254'),
  timeoutMs: milliseconds.default(2000),
});

const staticSchema = z.strictObject({
  kind: z.literal('static'),
  file: z.string().min(1).max(4096),
});

const cidsSchema = z.array(z.int().min(0).max(0xffff_fffe)).min(1).max(256).optional();

/** On another kind of address a list would look like protection, and be none. */
const onlyVsockHasCids = {
  holds: ({ listen, cids }: { listen: Address; cids?: readonly number[] | undefined }): boolean =>
    cids === undefined || listen.kind === 'vsock',
  issue: { path: ['cids'], message: 'only vsock addresses have peers with a CID' },
};

/** No host name, `localhost` included: a resolver or /etc/hosts says what it stands for. */
const credentialsAddressSchema = addressSchema.refine(
  (address) => address.kind !== 'tcp' || isLoopbackAddress(address.host),
  'expected, of TCP, an IP address on loopback (127.0.0.0/8 or ::1)',
);

const schema = z.strictObject({
  proxy: z
    .array(
      z
        .strictObject({
          listen: addressSchema,
          remote: z.strictObject({ host: hostSchema, port: portSchema }),
          cids: cidsSchema,
        })
        .refine(onlyVsockHasCids.holds, onlyVsockHasCids.issue),
    )
    .max(64)
    .default([]),
  allowlist: z.union([z.string().min(1).max(4096), allowlistEntriesSchema]),
  credentials: z
    .strictObject({
      listen: credentialsAddressSchema,
      source: z.discriminatedUnion('kind', [staticSchema, imdsSchema]),
      cids: cidsSchema,
    })
    .refine(onlyVsockHasCids.holds, onlyVsockHasCids.issue)
    .optional(),
  /** Where enclaves send their log lines, and where they go. */
  logs: z
    .strictObject({
      listen: addressSchema,
      to: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('stdout') }),
        z.strictObject({ kind: z.literal('file'), file: z.string().min(1).max(4096) }),
      ]),
      cids: cidsSchema,
    })
    .refine(onlyVsockHasCids.holds, onlyVsockHasCids.issue)
    .optional(),
  limits: z
    .strictObject({
      connections: z.int().min(1).max(65_536).default(1024),
      connectTimeoutMs: milliseconds.default(5000),
      idleTimeoutMs: milliseconds.default(300_000),
    })
    .prefault({}),
});

/**
 * Reads the parent's configuration, YAML or JSON, and the allowlist file that it may name.
 *
 * Paths in it are relative to the directory of the file; those of Unix sockets, which must be short,
 * to the working directory. That every destination is in the allowlist is checked when the proxy
 * starts.
 *
 * @throws {ConfigError} CONFIG_*, ALLOWLIST_FORMAT
 */
export async function readParentConfig(path: string): Promise<ParentConfig> {
  const text = await readConfigFile(path, MAX_CONFIG_BYTES);
  const config = parseConfig(text, { schema, maxBytes: MAX_CONFIG_BYTES });
  const directory = dirname(resolve(path));
  const { proxy, allowlist, credentials, logs, limits } = config;
  return {
    proxy,
    limits,
    allowlist:
      typeof allowlist === 'string'
        ? parseAllowlist(await readConfigFile(resolve(directory, allowlist), MAX_ALLOWLIST_BYTES))
        : allowlist,
    credentials: credentials && { ...credentials, source: locate(credentials.source, directory) },
    logs:
      logs?.to.kind === 'file'
        ? { ...logs, to: { kind: 'file', file: resolve(directory, logs.to.file) } }
        : logs,
  };
}

function locate(
  source: CredentialsConfig['source'],
  directory: string,
): CredentialsConfig['source'] {
  return source.kind === 'static' ? { ...source, file: resolve(directory, source.file) } : source;
}

const MAX_CONFIG_BYTES = 64 * 1024;
