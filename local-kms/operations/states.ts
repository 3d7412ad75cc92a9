import type { KeyState } from '../store/records.ts';

/** The states of "Key states of AWS KMS keys" (AWS KMS Developer Guide) in which a key is used. */
export const USABLE = ['Enabled'] as const satisfies readonly KeyState[];

/** Those in which it can be switched on and off. */
export const SWITCHABLE = ['Enabled', 'Disabled'] as const satisfies readonly KeyState[];

/** Those in which what describes a key can be changed: all but those of a key that is to go. */
export const CHANGEABLE = [
  'Enabled',
  'Disabled',
  'PendingImport',
] as const satisfies readonly KeyState[];

/**
 * Those in which automatic rotation can be switched: a key that waits for an import is refused for
 * its origin.
 */
export const ROTATABLE = ['Enabled', 'PendingImport'] as const satisfies readonly KeyState[];
