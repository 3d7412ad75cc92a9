import { Buffer } from 'node:buffer';
import { pcrOfInstance } from '../../../shared/attestation/pcr.ts';
import { createNodeEngine } from '../../../shared/crypto/node.ts';
import { encodeHex } from '../../../shared/encoding.ts';
import { ConfigError } from '../../../shared/errors.ts';
import { PCR_BYTES } from '../../../shared/nsm/index.ts';
import type { KeyedCertificate, NsmIdentity } from '../../../shared/pki/index.ts';

export interface SoftwareNsmOptions {
  /** The development root, from shared/pki. */
  readonly root: KeyedCertificate;
  /** For example `eu-west-1`. */
  readonly region: string;
  /** `i-` and 17 hex digits. */
  readonly instanceId: string;
  /** `<instanceId>-enc<16 hex digits>`; made from the time and random bytes when left out. */
  readonly moduleId?: string;
  /** PCR0, 1, 2, 3, 4 and 8; PCR4 is that of `instanceId` when left out, the others are zero. */
  readonly pcrs: Readonly<Record<number, Uint8Array>>;
  /** An enclave in debug mode: PCR0, 1, 2 and 8 are zero, PCR3 and PCR4 keep their values. */
  readonly debug: boolean;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

// Up to 20 characters, with which the longest common name has the 64 that X.520 allows.
const REGION = /^(?=.{1,20}$)[a-z]+(-[a-z0-9]+)+$/;
const INSTANCE_ID = /^i-[0-9a-f]{17}$/;
const MODULE_ID = /^(i-[0-9a-f]{17})-enc([0-9a-f]{16})$/;

const CONFIGURABLE_PCRS = [0, 1, 2, 3, 4, 8];
const ZERO_IN_DEBUG_MODE = [0, 1, 2, 8];

/** @throws {ConfigError} SOFTWARE_NSM_OPTION */
export function parseIdentity(options: SoftwareNsmOptions): NsmIdentity {
  const { region, instanceId, moduleId } = options;
  if (!REGION.test(region)) throw wrong('region', 'a region such as eu-west-1');
  if (!INSTANCE_ID.test(instanceId)) throw wrong('instanceId', 'i- and 17 hex digits');
  if (moduleId === undefined) return { region, instanceId, enclaveId: createEnclaveId(options) };
  const [, instance, enclaveId] = MODULE_ID.exec(moduleId) ?? [];
  if (instance !== instanceId || enclaveId === undefined) {
    throw wrong('moduleId', 'the instance id, -enc and 16 hex digits');
  }
  return { region, instanceId, enclaveId };
}

/** @throws {ConfigError} SOFTWARE_NSM_OPTION */
export function parseInitialPcrs(options: SoftwareNsmOptions): ReadonlyMap<number, Uint8Array> {
  const pcrs = new Map([[4, pcrOfInstance(createNodeEngine(), options.instanceId)]]);
  for (const [name, value] of Object.entries(options.pcrs)) {
    if (!CONFIGURABLE_PCRS.includes(Number(name))) throw wrong('pcrs', 'PCR0, 1, 2, 3, 4 or 8');
    if (value.length !== PCR_BYTES) throw wrong('pcrs', `values of ${PCR_BYTES} bytes`);
    pcrs.set(Number(name), value);
  }
  if (options.debug) for (const index of ZERO_IN_DEBUG_MODE) pcrs.delete(index);
  return pcrs;
}

/** As on the hardware: the time of the start in 48 bits of milliseconds, then 16 other bits. */
function createEnclaveId(options: SoftwareNsmOptions): string {
  const id = Buffer.alloc(8);
  id.writeUIntBE(options.now(), 0, 6);
  id.set(options.randomBytes(2), 6);
  return encodeHex(id);
}

function wrong(option: string, expected: string): ConfigError {
  return new ConfigError('SOFTWARE_NSM_OPTION', `software NSM: ${option}: expected ${expected}`, {
    details: { option },
  });
}
