import { createHash } from 'node:crypto';

/** The value of a register after an extension: SHA-384(old || data). */
export function extendPcr(value: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha384').update(value).update(data).digest());
}
