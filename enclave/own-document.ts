import { parseAttestationDocument } from '../shared/attestation/index.ts';
import { IMAGE_REGISTERS, showDebugMode } from '../shared/attestation/pcr.ts';
import { ReadinessError } from '../shared/errors.ts';
import type { NsmClient } from '../shared/nsm/index.ts';

/**
 * Reads a document of this enclave's own. In debug mode the parent reads its console, and no key
 * policy that names an image lets it have a key.
 *
 * @throws {ReadinessError} READY_DEBUG_PCRS
 * @throws {NsmError}
 * @throws {FormatError} for a document that cannot be read
 */
export async function checkOwnDocument(
  nsm: Pick<NsmClient, 'attest'>,
  options: { readonly debug: 'refused' | 'allowed' },
): Promise<void> {
  const { pcrs } = parseAttestationDocument(await nsm.attest({}));
  if (options.debug === 'allowed') return;
  if (showDebugMode(pcrs) || !IMAGE_REGISTERS.every((index) => pcrs.has(index))) {
    throw new ReadinessError('READY_DEBUG_PCRS', 'the enclave runs in debug mode');
  }
}
