import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { addressSchema, parseConfig, readConfigFile } from '../shared/config/index.ts';
import { parseHex } from '../shared/encoding.ts';
import { ConfigError } from '../shared/errors.ts';
import { MAX_DOCUMENT_SECONDS } from './recipient/index.ts';

const MAX_CONFIG_BYTES = 65_536;
const DEFAULT_DOCUMENT_SECONDS = 60;
const DEFAULT_TIMEOUT_MS = 10_000;

const pcrSchema = z
  .string()
  .regex(/^[0-9a-f]{96}$/i, 'expected 96 hexadecimal digits')
  .transform(parseHex);

const pcrsSchema = z.record(z.string().regex(/^(0|1|2|3|4|8)$/), pcrSchema);

const pathSchema = z.string().refine(isAbsolute, 'expected an absolute path');

/** The measured configuration of the broker in an enclave: YAML or JSON. */
const configSchema = z.strictObject({
  profile: z.enum(['production', 'development']).default('production'),
  kms: z.strictObject({
    /** For example `eu-west-1`. */
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'expected a region such as eu-west-1'),
    /** The name that the server's certificate must carry; default: KMS of the region. */
    host: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'expected a host name')
      .optional(),
    /** Where the parent's proxy listens. */
    proxy: addressSchema,
    /** Development only: a PEM file of the root to trust instead of Amazon's. */
    tlsRoots: pathSchema.optional(),
    timeoutMs: z.int().min(100).max(120_000).default(DEFAULT_TIMEOUT_MS),
  }),
  /** Where the parent serves the credentials of its role. */
  credentials: addressSchema,
  nsm: z
    .strictObject({
      /** Default: /dev/nsm. */
      device: pathSchema.optional(),
      /** Development only: a secure module in software, under a root kept in `rootDirectory`. */
      software: z
        .strictObject({
          rootDirectory: pathSchema,
          instanceId: z.string(),
          pcrs: pcrsSchema,
          debug: z.boolean().default(false),
        })
        .optional(),
    })
    .refine(
      ({ device, software }) => device === undefined || software === undefined,
      'expected either device or software',
    )
    .default({}),
  recipient: z
    .strictObject({
      documentSeconds: z.int().min(1).max(MAX_DOCUMENT_SECONDS).default(DEFAULT_DOCUMENT_SECONDS),
    })
    .default({ documentSeconds: DEFAULT_DOCUMENT_SECONDS }),
});

export type EnclaveConfig = z.output<typeof configSchema>;

/**
 * Reads the configuration and refuses what its profile does not permit.
 *
 * @throws {ConfigError} CONFIG_*
 */
export function parseEnclaveConfig(text: string): EnclaveConfig {
  const config = parseConfig(text, { schema: configSchema, maxBytes: MAX_CONFIG_BYTES });
  if (config.profile === 'production') checkProduction(config);
  return config;
}

export async function readEnclaveConfig(path: string): Promise<EnclaveConfig> {
  return parseEnclaveConfig(await readConfigFile(path, MAX_CONFIG_BYTES));
}

/** The host that TLS must prove: measured, never taken from the environment or the parent. */
export function kmsHost(config: EnclaveConfig): string {
  return config.kms.host ?? awsKmsHost(config.kms.region);
}

function awsKmsHost(region: string): string {
  return `kms.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function checkProduction({ kms, nsm }: EnclaveConfig): void {
  if (kms.tlsRoots !== undefined) throw developmentOnly('kms.tlsRoots');
  const fips = `kms-fips.${kms.region}.amazonaws.com`;
  if (kms.host !== undefined && kms.host !== awsKmsHost(kms.region) && kms.host !== fips) {
    throw developmentOnly('kms.host, unless it is an endpoint of AWS KMS in the region,');
  }
  if (nsm.software !== undefined) throw developmentOnly('nsm.software');
}

function developmentOnly(key: string): ConfigError {
  return new ConfigError(
    'CONFIG_PROFILE',
    `${key} is for profile: development, and the profile is production`,
  );
}
