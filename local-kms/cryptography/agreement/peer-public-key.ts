import type { KeyObject } from 'node:crypto';
import { FormatError } from '../../../shared/errors.ts';
import {
  type AgreementSpec,
  parseAgreementPublicKey,
} from '../../../shared/key-agreement/index.ts';

/**
 * Imports the peer's public key of a DeriveSharedSecret call.
 *
 * @returns undefined for every key that is refused: KMS does not say why.
 */
export function parsePeerPublicKey(spki: Uint8Array, spec: AgreementSpec): KeyObject | undefined {
  try {
    return parseAgreementPublicKey(spki, spec);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
