import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { addressSchema, parseConfig, readConfigFile } from '../shared/config/index.ts';
import { parseHex } from '../shared/encoding.ts';
import { ConfigError } from '../shared/errors.ts';
import { isLoopbackAddress } from '../shared/loopback.ts';
import type { Address } from '../shared/vsock/index.ts';
import { callerSchema } from './config/callers.ts';
import { checkCallers, checkUsers } from './config/check-callers.ts';
import { checkKeys } from './config/check-keys.ts';
import { checkListeners, checkPorts } from './config/check-listeners.ts';
import { invalidConfig } from './config/invalid.ts';
import { keyNamed, keySchema, nameSchema } from './config/keys.ts';
import { awsKmsHosts } from './config/partitions.ts';
import { MAX_DOCUMENT_SECONDS } from './recipient/index.ts';

const MAX_CONFIG_BYTES = 65_536;
const DEFAULT_DOCUMENT_SECONDS = 60;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_ROTATION_SECONDS = 60;
const DEFAULT_SPARE_KEYS = 2;
const DEFAULT_FAILED_OPENINGS = 3;
const DEFAULT_CONCURRENT = 64;
const DEFAULT_SELF_TEST_SECONDS = 300;

const pcrSchema = z
  .string()
  .regex(/^[0-9a-f]{96}$/i, 'expected 96 hexadecimal digits')
  .transform(parseHex);

const pcrsSchema = z.record(z.string().regex(/^(0|1|2|3|4|8)$/), pcrSchema);

const pathSchema = z.string().refine(isAbsolute, 'expected an absolute path');

/** After how long a call of the self-test is made again, at the latest. */
const everySecondsSchema = z.int().min(10).max(86_400).default(DEFAULT_SELF_TEST_SECONDS);

/** A listener for programs in the enclave. */
const insideSchema = z.strictObject({
  listen: addressSchema.refine(
    isInside,
    'expected an IP address on loopback (127.0.0.0/8 or ::1) or a Unix socket',
  ),
  maxConcurrent: z.int().min(1).max(10_000).default(DEFAULT_CONCURRENT),
});

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
      /** The RSA modulus, in bits. */
      keyBits: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]).default(2048),
      /** A key for each call, or one for a window of `rotationSeconds`. */
      keys: z.enum(['per-call', 'window']).default('window'),
      rotationSeconds: z.int().min(1).max(3600).default(DEFAULT_ROTATION_SECONDS),
      /** Keys that are ready before they are needed. */
      spareKeys: z.int().min(1).max(64).default(DEFAULT_SPARE_KEYS),
      /** After so many envelopes that did not open, a key is given up. */
      maxFailedOpenings: z.int().min(1).max(1000).default(DEFAULT_FAILED_OPENINGS),
    })
    .prefault({}),
  /** By name. */
  keys: z.record(nameSchema, keySchema).default({}),
  callers: z.array(callerSchema).max(100).default([]),
  /** Where the KMS-compatible endpoint listens: an IP of loopback or a Unix socket. None if absent. */
  endpoint: insideSchema.optional(),
  /** Where the broker API listens: an IP of loopback or a Unix socket. None if absent. */
  api: insideSchema.optional(),
  /** Where the parent, and whoever it forwards, reaches client attestation, health and metrics. */
  parentApi: z.strictObject({ listen: addressSchema }).optional(),
  /** Where the parent takes log lines: an enclave has no console in production. */
  logs: z.strictObject({ to: addressSchema }).optional(),
  /** The attested call that must succeed for the broker to be ready, and to stay so. */
  selfTest: z
    .discriminatedUnion('operation', [
      z.strictObject({ operation: z.literal('GenerateRandom'), everySeconds: everySecondsSchema }),
      z.strictObject({
        operation: z.literal('GenerateDataKey'),
        key: nameSchema,
        everySeconds: everySecondsSchema,
      }),
      z.strictObject({ operation: z.literal('none') }),
    ])
    .prefault({ operation: 'GenerateRandom' }),
});

export type EnclaveConfig = z.output<typeof configSchema>;

/**
 * Reads the configuration and refuses what its profile does not permit.
 *
 * @throws {ConfigError} CONFIG_*
 */
export function parseEnclaveConfig(text: string): EnclaveConfig {
  const config = parseConfig(text, { schema: configSchema, maxBytes: MAX_CONFIG_BYTES });
  kmsHost(config);
  if (config.profile === 'production') checkProduction(config);
  checkKeys(config.keys, config.kms.region);
  checkCallers(config.callers, config.keys);
  checkListeners(listenersOf(config));
  checkSelfTest(config);
  return config;
}

export async function readEnclaveConfig(path: string): Promise<EnclaveConfig> {
  return parseEnclaveConfig(await readConfigFile(path, MAX_CONFIG_BYTES));
}

/**
 * The host that TLS must prove: measured, never taken from the environment or the parent.
 *
 * @throws {ConfigError} CONFIG_INVALID for a region of a partition that is not served
 */
export function kmsHost(config: EnclaveConfig): string {
  const { host, region } = config.kms;
  const [usual] = awsKmsHosts(region);
  if (host !== undefined) return host;
  if (usual !== undefined) return usual;
  throw invalidConfig(`kms.region: ${region} is not in a partition whose KMS is known here`);
}

function checkProduction(config: EnclaveConfig): void {
  const { kms, nsm } = config;
  if (kms.tlsRoots !== undefined) throw developmentOnly('kms.tlsRoots');
  if (kms.host !== undefined && !awsKmsHosts(kms.region).includes(kms.host)) {
    throw developmentOnly('kms.host, unless it is an endpoint of AWS KMS in the region,');
  }
  if (nsm.software !== undefined) throw developmentOnly('nsm.software');
  checkUsers(config.callers);
  checkPorts(listenersOf(config));
}

function listenersOf({ endpoint, api, parentApi }: EnclaveConfig) {
  return { endpoint, api, parentApi };
}

function checkSelfTest({ keys, selfTest }: EnclaveConfig): void {
  if (selfTest.operation !== 'GenerateDataKey') return;
  if (keyNamed(keys, selfTest.key)?.operations.includes('GenerateDataKey')) return;
  throw invalidConfig(`selfTest: no key ${selfTest.key} that is permitted GenerateDataKey`);
}

/** No host name, `localhost` included: a resolver or /etc/hosts says what it stands for. */
function isInside(address: Address): boolean {
  return address.kind === 'unix' || (address.kind === 'tcp' && isLoopbackAddress(address.host));
}

function developmentOnly(key: string): ConfigError {
  return new ConfigError(
    'CONFIG_PROFILE',
    `${key} is for profile: development, and the profile is production`,
  );
}
