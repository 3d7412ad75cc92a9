import { FormatError } from '../errors.ts';
import { AGREEMENT_CURVES, type AgreementSpec } from '../key-agreement/index.ts';
import type { Secret } from '../secret.ts';

const specs = Object.keys(AGREEMENT_CURVES) as AgreementSpec[];

/**
 * Refuses a shared secret that has not the length of a coordinate of its curve: one that has lost
 * its leading zeros on the way (SP 800-56A section 5.7.1.2), or is none.
 *
 * @param of - the key specs whose curves are accepted; all by default.
 * @throws {FormatError} KDF_SECRET
 */
export function checkSharedSecret(secret: Secret, of: readonly AgreementSpec[] = specs): void {
  if (!of.some((spec) => AGREEMENT_CURVES[spec].coordinateBytes === secret.length)) {
    const lengths = of.map((spec) => AGREEMENT_CURVES[spec].coordinateBytes);
    throw new FormatError(
      'KDF_SECRET',
      `expected a shared secret of ${lengths.join(' or ')} bytes, got ${secret.length}`,
    );
  }
}
