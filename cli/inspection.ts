import { formatName } from '../shared/attestation/distinguished-name.ts';
import { describeChain } from '../shared/attestation/explain/chain.ts';
import { meaningOfRegister } from '../shared/attestation/explain/register-meaning.ts';
import {
  type AttestationDocument,
  type CryptoEngine,
  parseAttestationDocument,
} from '../shared/attestation/node.ts';
import { showDebugMode } from '../shared/attestation/pcr.ts';
import { encodeHex } from '../shared/encoding.ts';

/** What a document says of itself, in the form in which `inspect --json` prints it. */
export interface Inspection {
  readonly verified: false;
  readonly kind: AttestationDocument['kind'];
  readonly moduleId: string;
  readonly digest: string;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Null for a NitroTPM document: there is no such mode. */
  readonly debug: boolean | null;
  /** Hex; null where the document has none. */
  readonly publicKey: string | null;
  readonly userData: string | null;
  readonly nonce: string | null;
  readonly pcrs: readonly Register[];
  /** Root first, leaf last. */
  readonly certificates: readonly InspectedCertificate[];
  /** How many certificates between root and leaf are not listed, because there are too many. */
  readonly omittedCertificates: number;
  /** One sentence each. */
  readonly missing: readonly string[];
}

export interface Register {
  readonly index: number;
  readonly name: string;
  readonly meaning: string;
  readonly value: string;
}

export interface InspectedCertificate {
  readonly role: string;
  readonly sha256: string;
  /** Null if the bytes are no certificate. */
  readonly certificate: {
    readonly subject: string;
    readonly serial: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly lifetimeSeconds: number;
  } | null;
  readonly problem: string | null;
}

/**
 * Decodes a document. Nothing in it is verified.
 *
 * @throws {FormatError} COSE_*, CBOR_*, DOCUMENT_*
 */
export function inspectDocument(bytes: Uint8Array, engine: CryptoEngine): Inspection {
  const document = parseAttestationDocument(bytes);
  const chain = describeChain(document, engine);
  return {
    verified: false,
    kind: document.kind,
    moduleId: document.moduleId,
    digest: document.digest,
    timestamp: new Date(document.timestamp).toISOString(),
    debug: document.kind === 'enclave' ? showDebugMode(document.pcrs) : null,
    publicKey: hexOrNull(document.publicKey),
    userData: hexOrNull(document.userData),
    nonce: hexOrNull(document.nonce),
    pcrs: [...document.pcrs]
      .sort(([a], [b]) => a - b)
      .map(([index, value]) => {
        const { name, meaning } = meaningOfRegister(document.kind, index);
        return { index, name, meaning, value: encodeHex(value) };
      }),
    certificates: chain.links.map(({ role, fingerprint, certificate, problem }) => ({
      role,
      sha256: fingerprint,
      certificate:
        certificate === undefined
          ? null
          : {
              subject: formatName(certificate.subject),
              serial: encodeHex(certificate.serial),
              notBefore: new Date(certificate.notBefore).toISOString(),
              notAfter: new Date(certificate.notAfter).toISOString(),
              lifetimeSeconds: (certificate.notAfter - certificate.notBefore) / 1000,
            },
      problem: problem ?? null,
    })),
    omittedCertificates: chain.omitted,
    missing: missingFrom(document),
  };
}

function hexOrNull(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : encodeHex(bytes);
}

function missingFrom(document: AttestationDocument): readonly string[] {
  const fields = [
    ['public_key', document.publicKey, 'nothing can be sealed to this document'],
    ['user_data', document.userData, 'no data is bound to this document'],
    ['nonce', document.nonce, 'only its age says that this document is not a replay'],
  ] as const;
  return [
    ...fields.flatMap(([field, value, consequence]) => {
      if (value === undefined) return [`${field} is null: ${consequence}.`];
      return value.length === 0 ? [`${field} is empty: ${consequence}.`] : [];
    }),
    ...(document.kind === 'enclave'
      ? [
          ...absent(document, 0, 15, 'the hardware always attests them'),
          ...absent(
            document,
            16,
            31,
            'a register of the application that is not locked is not attested',
          ),
        ]
      : absent(document, 0, 23, 'a NitroTPM always attests them')),
  ];
}

function absent(
  { pcrs }: AttestationDocument,
  first: number,
  last: number,
  remark: string,
): readonly string[] {
  const indices = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  const names = indices.filter((index) => !pcrs.has(index)).map((index) => `PCR${index}`);
  if (names.length === 0) return [];
  const all = names.length === indices.length;
  return [
    `${all ? `PCR${first} to PCR${last}` : names.join(', ')}: not in the document; ${remark}.`,
  ];
}
