import type { NsmCode } from '../error-codes.ts';

/**
 * The error names that a device writes, and ours for each. `Success` and `InvalidResponse`, which
 * the C binding also numbers, never come from a device.
 */
const CODES = {
  InvalidArgument: 'NSM_INVALID_ARGUMENT',
  InvalidIndex: 'NSM_INVALID_INDEX',
  ReadOnlyIndex: 'NSM_READ_ONLY_INDEX',
  InvalidOperation: 'NSM_INVALID_OPERATION',
  BufferTooSmall: 'NSM_BUFFER_TOO_SMALL',
  InputTooLarge: 'NSM_INPUT_TOO_LARGE',
  InternalError: 'NSM_INTERNAL_ERROR',
} as const satisfies Readonly<Record<string, NsmCode>>;

export type NsmErrorName = keyof typeof CODES;

export function isNsmErrorName(name: string): name is NsmErrorName {
  return Object.hasOwn(CODES, name);
}

export function codeOfErrorName(name: NsmErrorName): NsmCode {
  return CODES[name];
}

/** The name to answer for a code; what a device has no name for is an internal error. */
export function errorNameOfCode(code: NsmCode): NsmErrorName {
  const entry = Object.entries(CODES).find(([, ours]) => ours === code);
  return entry === undefined ? 'InternalError' : (entry[0] as NsmErrorName);
}
