import {
  type AttestationPolicy,
  awsNitroEnclavesRootG1,
  type Pcrs,
  parseMeasurements,
  parsePcr,
  parseTrustAnchor,
  type TrustAnchor,
} from '../shared/attestation/node.ts';
import { encodeHex, parseHex } from '../shared/encoding.ts';
import {
  type ClientBindingFlags,
  clientBindingOptions,
  readClientBinding,
} from './client-binding-expectation.ts';
import { UsageError } from './command.ts';
import { readExpectation, understand } from './expectation.ts';
import {
  type OptionalExpectationFlags,
  optionalExpectationOptions,
  readOptionalExpectations,
} from './optional-expectations.ts';

const DEFAULT_SKEW_SECONDS = 5;

const utf8 = new TextDecoder();

/** The flags that say what a document is expected to be, for node:util's parseArgs. */
export const policyOptions = {
  pcr: { type: 'string', multiple: true },
  measurements: { type: 'string', multiple: true },
  'tpm-pcr': { type: 'string', multiple: true },
  nonce: { type: 'string' },
  'waive-nonce': { type: 'string' },
  'max-age': { type: 'string' },
  skew: { type: 'string' },
  historic: { type: 'boolean' },
  'allow-debug': { type: 'boolean' },
  'trust-anchor': { type: 'string', multiple: true },
  ...optionalExpectationOptions,
  ...clientBindingOptions,
} as const;

export interface PolicyFlags extends OptionalExpectationFlags, ClientBindingFlags {
  readonly pcr?: readonly string[];
  readonly measurements?: readonly string[];
  readonly 'tpm-pcr'?: readonly string[];
  readonly nonce?: string;
  readonly 'waive-nonce'?: string;
  readonly 'max-age'?: string;
  readonly skew?: string;
  readonly historic?: boolean;
  readonly 'allow-debug'?: boolean;
  readonly 'trust-anchor'?: readonly string[];
}

/** @throws {UsageError} if the flags leave an expectation open or contradict each other. */
export async function readPolicy(
  flags: PolicyFlags,
  now: () => number,
): Promise<AttestationPolicy> {
  return {
    clock: readClock(flags, now),
    measurements: await readMeasurements(flags),
    nonce: readNonce(flags),
    debug: flags['allow-debug'] ? 'allowed' : 'refused',
    ...(await readOptionalExpectations(flags)),
    ...(await readClientBinding(flags)),
  };
}

/** AWS's root, or the roots that are named instead of it. */
export async function readTrustAnchors(flags: PolicyFlags): Promise<readonly TrustAnchor[]> {
  const files = flags['trust-anchor'] ?? [];
  if (files.length === 0) return [awsNitroEnclavesRootG1];
  return Promise.all(files.map((file) => readExpectation(file, parseTrustAnchor)));
}

function readClock(flags: PolicyFlags, now: () => number): AttestationPolicy['clock'] {
  if (flags.historic) {
    for (const flag of ['max-age', 'skew'] as const) {
      if (flags[flag] !== undefined) {
        throw new UsageError(
          `--${flag} goes with a live judgement: --historic establishes no freshness`,
        );
      }
    }
    return { mode: 'historic' };
  }
  if (flags['max-age'] === undefined) {
    throw new UsageError(
      '--max-age SECONDS is needed, or --historic to judge an archived document',
    );
  }
  return {
    mode: 'live',
    now,
    maxAgeSeconds: readSeconds('max-age', flags['max-age'], 1),
    skewSeconds:
      flags.skew === undefined ? DEFAULT_SKEW_SECONDS : readSeconds('skew', flags.skew, 0),
  };
}

function readSeconds(flag: string, text: string, least: number): number {
  const seconds = Number(text);
  if (!/^[0-9]{1,10}$/.test(text) || seconds < least) {
    throw new UsageError(`--${flag} needs a whole number of seconds from ${least}, got ${text}`);
  }
  return seconds;
}

function readNonce(flags: PolicyFlags): AttestationPolicy['nonce'] {
  const { nonce, 'waive-nonce': reason } = flags;
  if ((nonce === undefined) === (reason === undefined)) {
    throw new UsageError('one of --nonce HEX and --waive-nonce REASON is needed');
  }
  if (nonce === undefined) {
    if (reason?.trim() === '') throw new UsageError('--waive-nonce needs a reason');
    return { waived: reason as string };
  }
  if (nonce === '') throw new UsageError('--nonce needs at least one byte');
  return understand(nonce, '--nonce', parseHex);
}

async function readMeasurements(flags: PolicyFlags): Promise<AttestationPolicy['measurements']> {
  const files = flags.measurements ?? [];
  const common = readRegisters('--pcr', flags.pcr ?? []);
  const ofFiles = await Promise.all(
    files.map((file) => readExpectation(file, (bytes) => parseMeasurements(utf8.decode(bytes)))),
  );
  const tpm = readRegisters('--tpm-pcr', flags['tpm-pcr'] ?? []);
  if (files.length === 0 && common.size === 0 && tpm.size === 0) {
    throw new UsageError(
      'measurements are needed: --pcr N=HEX, --measurements FILE or --tpm-pcr N=HEX',
    );
  }
  // What --pcr names must hold beside any of the sets that the files give.
  const enclave = ofFiles.length > 0 ? ofFiles.map((set) => union(set, common)) : [common];
  return {
    ...(files.length > 0 || common.size > 0 ? { enclave } : {}),
    ...(tpm.size > 0 ? { nitrotpm: [tpm] } : {}),
  };
}

function readRegisters(flag: string, values: readonly string[]): Pcrs {
  return values
    .map((value) => new Map([understand(value, flag, parsePcr)]))
    .reduce<Pcrs>(union, new Map());
}

function union(a: Pcrs, b: Pcrs): Pcrs {
  for (const [index, value] of b) {
    const other = a.get(index);
    if (other !== undefined && encodeHex(other) !== encodeHex(value)) {
      throw new UsageError(`PCR${index} is expected to have two values`);
    }
  }
  return new Map([...a, ...b]);
}
