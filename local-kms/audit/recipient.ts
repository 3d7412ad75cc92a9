import { Buffer } from 'node:buffer';
import type { AttestationDocument } from '../../shared/attestation/index.ts';

/** The registers that KMS shows of an enclave beside PCR0. */
const ENCLAVE_PCRS = [1, 2, 3, 4, 8];

/**
 * The `additionalEventData.recipient` of an attested call: module id, and registers in base64
 * ("Monitoring attested requests", AWS KMS Developer Guide).
 */
export function describeRecipient({ kind, moduleId, pcrs }: AttestationDocument) {
  const shown =
    kind === 'nitrotpm'
      ? [...pcrs].map(([index, value]) => [`NitroTPMPCR${index}`, value] as const)
      : [
          ['EnclaveImageDigest', pcrs.get(0)] as const,
          ...ENCLAVE_PCRS.map((index) => [`EnclavePCR${index}`, pcrs.get(index)] as const),
        ];
  return {
    attestationDocumentModuleId: moduleId,
    ...Object.fromEntries(
      shown.flatMap(([name, value]) =>
        value === undefined
          ? []
          : [[`attestationDocument${name}`, Buffer.from(value).toString('base64')]],
      ),
    ),
  };
}
