import { createNobleEngine } from '../crypto/noble.ts';
import {
  type AttestationVerifier,
  createVerifier as createVerifierOn,
  type VerifierOptions,
} from './verifier.ts';

export * from './index.ts';
export { createNobleEngine };

/** A verifier on noble: for a page, a worker, or wherever there is no node:crypto. */
export function createVerifier(
  options: Omit<VerifierOptions, 'engine'> & Partial<Pick<VerifierOptions, 'engine'>>,
): AttestationVerifier {
  return createVerifierOn({ engine: createNobleEngine(), ...options });
}
