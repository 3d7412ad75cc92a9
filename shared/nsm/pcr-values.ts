import { createHash } from 'node:crypto';
import { PCR_BYTES } from './nsm.ts';

const utf8 = new TextEncoder();

/** The value of a register after an extension: SHA-384(old || data). */
export function extendPcr(value: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha384').update(value).update(data).digest());
}

/**
 * PCR3 for the ARN of the role (`arn:aws:iam::...:role/...`), not of the instance profile and not of
 * an assumed role. The text is extended as it is, where PCR0, 1, 2 and 8 extend a digest.
 */
export function pcrOfRole(roleArn: string): Uint8Array {
  return extendPcr(new Uint8Array(PCR_BYTES), utf8.encode(roleArn));
}

/** PCR4 for the id of the parent instance (`i-...`), extended as it is like PCR3. */
export function pcrOfInstance(instanceId: string): Uint8Array {
  return extendPcr(new Uint8Array(PCR_BYTES), utf8.encode(instanceId));
}
