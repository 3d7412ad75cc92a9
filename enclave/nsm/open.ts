import { randomBytes } from 'node:crypto';
import type { Nsm } from '../../shared/nsm/index.ts';
import { NSM_DEVICE, openNsmDevice } from './device/index.ts';

/** The device of the enclave, unless software is to stand in for it. */
export interface NsmConfig {
  /** Default: {@link NSM_DEVICE}. */
  readonly device?: string | undefined;
  readonly software?:
    | {
        /** Where the development root is; made if missing. */
        readonly rootDirectory: string;
        readonly instanceId: string;
        readonly pcrs: Readonly<Record<number, Uint8Array>>;
        readonly debug: boolean;
      }
    | undefined;
}

/**
 * Opens the secure module that a configuration names.
 *
 * @throws {NsmError} NSM_DEVICE_*
 * @throws {ConfigError} PKI_*, SOFTWARE_NSM_OPTION
 */
export async function openNsm(
  config: NsmConfig,
  options: { readonly region: string; readonly now: () => number },
): Promise<Nsm> {
  const { device = NSM_DEVICE, software } = config;
  if (software === undefined) return openNsmDevice({ path: device, timeoutMs: NSM_TIMEOUT_MS });
  const { rootDirectory, instanceId, pcrs, debug } = software;
  const { region, now } = options;
  // Loaded here, so that production carries no certificate authority.
  const { createSoftwareNsm } = await import('./software/index.ts');
  const { loadOrCreateDevelopmentNsmRoot } = await import('../../shared/pki/index.ts');
  return createSoftwareNsm({
    root: await loadOrCreateDevelopmentNsmRoot({ directory: rootDirectory, now }),
    region,
    instanceId,
    pcrs,
    debug,
    now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
}

/** A document takes tens of milliseconds, and others may be waiting for theirs. */
const NSM_TIMEOUT_MS = 10_000;
