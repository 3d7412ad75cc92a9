import type { NsmCode } from '../../../shared/error-codes.ts';
import { NsmError } from '../../../shared/errors.ts';

/** What the operating system's error names mean for someone who opens the device. */
const openFailures: Readonly<Record<string, NsmCode>> = {
  ENOENT: 'NSM_DEVICE_UNAVAILABLE',
  ENOTDIR: 'NSM_DEVICE_UNAVAILABLE',
  // A device node without a driver behind it.
  ENXIO: 'NSM_DEVICE_UNAVAILABLE',
  ENODEV: 'NSM_DEVICE_UNAVAILABLE',
  // koffi, or the binary for this platform, was not installed.
  ERR_MODULE_NOT_FOUND: 'NSM_DEVICE_UNAVAILABLE',
  ERR_DLOPEN_FAILED: 'NSM_DEVICE_UNAVAILABLE',
  EACCES: 'NSM_DEVICE_DENIED',
  EPERM: 'NSM_DEVICE_DENIED',
  EROFS: 'NSM_DEVICE_DENIED',
  EISDIR: 'NSM_DEVICE_FOREIGN',
};

/** What they mean for a call. AWS's library takes all but EMSGSIZE for an internal error. */
const callFailures: Readonly<Record<string, NsmCode>> = {
  EMSGSIZE: 'NSM_INPUT_TOO_LARGE',
  // The driver itself waits up to 120 s.
  ETIMEDOUT: 'NSM_TIMEOUT',
  ENODEV: 'NSM_DEVICE_UNAVAILABLE',
  // No driver, or one that does not know the number.
  ENOTTY: 'NSM_DEVICE_FOREIGN',
  EINVAL: 'NSM_DEVICE_FOREIGN',
};

export function openFailure(path: string, error: unknown): NsmError {
  return failure(openFailures, `${path} cannot be opened as a secure module`, error);
}

export function callFailure(path: string, error: unknown): NsmError {
  return failure(callFailures, `the call to the secure module at ${path} failed`, error);
}

function failure(
  meanings: Readonly<Record<string, NsmCode>>,
  message: string,
  error: unknown,
): NsmError {
  const { code } = error as { code?: unknown };
  // A fault of the program stays what it is.
  if (typeof code !== 'string') throw error;
  return new NsmError(meanings[code] ?? 'NSM_INTERNAL_ERROR', `${message}: ${code}`, {
    details: { reason: code },
  });
}
