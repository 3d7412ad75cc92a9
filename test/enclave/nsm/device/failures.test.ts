import { describe, expect, it } from 'vitest';
import { callFailure, openFailure } from '../../../../enclave/nsm/device/failures.ts';

const failed = (code: string) => Object.assign(new Error('failed'), { code });

describe('a failure to open the device', () => {
  it.each([
    ['ENOENT', 'NSM_DEVICE_UNAVAILABLE'],
    ['ENOTDIR', 'NSM_DEVICE_UNAVAILABLE'],
    ['ENXIO', 'NSM_DEVICE_UNAVAILABLE'],
    ['ENODEV', 'NSM_DEVICE_UNAVAILABLE'],
    ['ERR_MODULE_NOT_FOUND', 'NSM_DEVICE_UNAVAILABLE'],
    ['ERR_DLOPEN_FAILED', 'NSM_DEVICE_UNAVAILABLE'],
    ['EACCES', 'NSM_DEVICE_DENIED'],
    ['EPERM', 'NSM_DEVICE_DENIED'],
    ['EROFS', 'NSM_DEVICE_DENIED'],
    ['EISDIR', 'NSM_DEVICE_FOREIGN'],
    ['EMFILE', 'NSM_INTERNAL_ERROR'],
  ])('by %s is %s', (reason, code) => {
    expect(openFailure('/dev/nsm', failed(reason))).toMatchObject({ code, details: { reason } });
  });
});

describe('a failure of a call', () => {
  it.each([
    ['EMSGSIZE', 'NSM_INPUT_TOO_LARGE'],
    ['ETIMEDOUT', 'NSM_TIMEOUT'],
    ['ENODEV', 'NSM_DEVICE_UNAVAILABLE'],
    ['ENOTTY', 'NSM_DEVICE_FOREIGN'],
    ['EINVAL', 'NSM_DEVICE_FOREIGN'],
    ['EFAULT', 'NSM_INTERNAL_ERROR'],
    ['ENOSPC', 'NSM_INTERNAL_ERROR'],
    ['EINTR', 'NSM_INTERNAL_ERROR'],
    ['errno 524', 'NSM_INTERNAL_ERROR'],
  ])('by %s is %s', (reason, code) => {
    expect(callFailure('/dev/nsm', failed(reason))).toMatchObject({ code, details: { reason } });
  });
});

describe('a fault of the program', () => {
  it.each([openFailure, callFailure])('is not made into one of the device', (failure) => {
    const fault = new TypeError('not a function');
    expect(() => failure('/dev/nsm', fault)).toThrow(fault);
  });
});
