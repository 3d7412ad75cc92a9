import type { CryptoEngine } from '../crypto/engine.ts';
import { concatBytes } from '../encoding.ts';
import type { Pcrs } from './document.ts';

const PCR_BYTES = 48;
const utf8 = new TextEncoder();

/** The registers that measure the image; all of them are zero in debug mode. */
export const IMAGE_REGISTERS = [0, 1, 2] as const;

/** A register that was zero, extended once: SHA-384(0^48 || data). */
export function extendedOnce(engine: CryptoEngine, data: Uint8Array): Uint8Array {
  return engine.sha384(concatBytes(new Uint8Array(PCR_BYTES), data));
}

/** PCR3: the role ARN of the parent instance, hashed once. */
export function pcrOfRole(engine: CryptoEngine, roleArn: string): Uint8Array {
  return extendedOnce(engine, utf8.encode(roleArn));
}

/** PCR4: the id of the parent instance, hashed once. */
export function pcrOfInstance(engine: CryptoEngine, instanceId: string): Uint8Array {
  return extendedOnce(engine, utf8.encode(instanceId));
}

/** PCR8: the certificate that signed the image; unlike PCR3 and PCR4 its digest is extended. */
export function pcrOfSigningCertificate(engine: CryptoEngine, der: Uint8Array): Uint8Array {
  return extendedOnce(engine, engine.sha384(der));
}

/**
 * Whether registers show debug mode. A debug enclave keeps PCR3 and PCR4, so a rule that asks for
 * all registers to be zero would never fire.
 */
export function showDebugMode(pcrs: Pcrs): boolean {
  return IMAGE_REGISTERS.some((index) => pcrs.get(index)?.every((byte) => byte === 0));
}
