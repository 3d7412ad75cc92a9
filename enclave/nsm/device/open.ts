import type { Nsm } from '../../../shared/nsm/index.ts';
import { callFailure, openFailure } from './failures.ts';
import { createSerialNsm } from './serial.ts';

export const NSM_DEVICE = '/dev/nsm';

export interface NsmDeviceOptions {
  /** Default: {@link NSM_DEVICE}. */
  readonly path?: string;
  /** How long a request may take, its wait behind others included. */
  readonly timeoutMs: number;
}

/**
 * Opens the secure module of the enclave that this process runs in.
 *
 * Requests are made in a thread of libuv's pool, one at a time, so that a device that stalls holds
 * one thread and nothing else. A request throws NsmError: NSM_TIMEOUT when its time is over, with
 * `sent: true` in its details if it may still have its effect; NSM_STALLED while such a request has
 * not come back, which Linux's driver makes happen within 120 s; NSM_EMPTY_REQUEST and
 * NSM_INPUT_TOO_LARGE without asking the driver; NSM_DEVICE_FOREIGN if it turns out not to be a
 * secure module. A process with a request at the device ends only when the driver returns.
 *
 * @throws {NsmError} NSM_DEVICE_UNAVAILABLE, NSM_DEVICE_DENIED, NSM_DEVICE_FOREIGN
 */
export async function openNsmDevice(options: NsmDeviceOptions): Promise<Nsm> {
  const { path = NSM_DEVICE, timeoutMs } = options;
  const descriptor = await open(path);
  return createSerialNsm({
    device: {
      exchange: (message) =>
        descriptor.exchange(message).catch((error) => {
          throw callFailure(path, error);
        }),
      close: () => descriptor.close(),
    },
    timeoutMs,
  });
}

async function open(path: string) {
  try {
    // Loaded here, so that who develops with the software NSM needs no native code.
    const { openNsm } = await import('../../../shared/native/index.ts');
    return openNsm(path);
  } catch (error) {
    throw openFailure(path, error);
  }
}
