import type { AttestationPolicy, Pcrs } from '../../shared/attestation/index.ts';
import type { CborInput, CborKey } from '../../shared/cbor/index.ts';
import {
  basicConstraints,
  type CertificateSpec,
  type DocumentSpec,
  type EnvelopeSpec,
  keyUsage,
  type NameSpec,
  OID,
  type PayloadSpec,
} from './attestation-authority.ts';

/** The five levels of AWS's path, root first. */
export const levels = ['root', 'regional', 'zonal', 'instance', 'leaf'] as const;
export type Level = (typeof levels)[number];

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** When the synthetic documents were made: 2026-01-02T03:04:05.678Z. */
export const madeAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
/** When their leaf was issued. */
const issuedAt = madeAt - 26 * 60 * SECOND - 678;

export const moduleId = 'i-00112233445566778-enc0123456789abcdef';

const name = (commonName: string): NameSpec => [
  [OID.country, 'US'],
  [OID.organization, 'TESTONLY'],
  [OID.organizationalUnit, 'nitro-key-broker'],
  [OID.commonName, commonName],
];

const subjects: Readonly<Record<Level, NameSpec>> = {
  root: name('testonly.nitro-enclaves.invalid'),
  regional: name('0011223344556677.test-1.nitro-enclaves.invalid'),
  zonal: name('8899aabbccddeeff.zonal.test-1.nitro-enclaves.invalid'),
  instance: name('i-00112233445566778.test-1.nitro-enclaves.invalid'),
  leaf: name(`${moduleId}.test-1.invalid`),
};

const lifetimes: Readonly<Record<Level, readonly [notBefore: number, notAfter: number]>> = {
  root: [Date.UTC(2020, 0, 1), Date.UTC(2050, 0, 1)],
  regional: [issuedAt - 5 * DAY, issuedAt + 15 * DAY + HOUR],
  zonal: [issuedAt - 2 * DAY, issuedAt + 4 * DAY],
  instance: [issuedAt - 5 * HOUR, issuedAt + 19 * HOUR],
  leaf: [issuedAt - 3 * SECOND, issuedAt + 3 * HOUR],
};

const certification = keyUsage([0, 5, 6]);
const extensions: Readonly<Record<Level, CertificateSpec['extensions']>> = {
  root: [basicConstraints({ ca: true }), certification],
  regional: [basicConstraints({ ca: true, pathLength: 2 }), certification],
  zonal: [basicConstraints({ ca: true, pathLength: 1 }), certification],
  instance: [basicConstraints({ ca: true, pathLength: 0 }), keyUsage([5])],
  leaf: [basicConstraints({ ca: false }), keyUsage([0, 1], false)],
};

export function certificateOf(
  level: Level,
  changes: Partial<CertificateSpec> = {},
): CertificateSpec {
  const above = levels[Math.max(levels.indexOf(level) - 1, 0)] as Level;
  const [notBefore, notAfter] = lifetimes[level];
  return {
    subject: subjects[level],
    issuer: subjects[above],
    key: level,
    signedBy: above,
    version: 2,
    serial: `0${levels.indexOf(level) + 1}c0ffee`,
    notBefore,
    notAfter,
    signatureAlgorithm: OID.ecdsaWithSha384,
    extensions: extensions[level],
    ...changes,
  };
}

/** PCR0 to PCR15 of an enclave, whose image registers are no zeros. */
export const enclavePcrs: Pcrs = new Map(
  Array.from({ length: 16 }, (_, index) => [
    index,
    new Uint8Array(48).fill([0, 1, 2, 3, 4, 8].includes(index) ? 0x10 + index : 0),
  ]),
);

/** PCR0 to PCR23 of a NitroTPM instance; all zero but PCR4, PCR7 and PCR17 to PCR22. */
export const tpmPcrs: Pcrs = new Map(
  Array.from({ length: 24 }, (_, index) => [
    index,
    new Uint8Array(48).fill(index >= 17 && index <= 22 ? 0xff : [4, 7].includes(index) ? index : 0),
  ]),
);

export const nonce = new TextEncoder().encode('the nonce of this exchange');
export const publicKey = new Uint8Array(294).fill(0x50);
export const userData = new TextEncoder().encode('user data');

export interface Changes {
  readonly certificates?: Partial<Record<Level, Partial<CertificateSpec>>>;
  /** The levels that the document has. */
  readonly levels?: readonly Level[];
  /** A field that is undefined is left out. */
  readonly fields?: Readonly<Record<string, CborInput | undefined>>;
  readonly payload?: Partial<PayloadSpec>;
  readonly envelope?: Partial<EnvelopeSpec>;
}

/** A document as an enclave's hardware makes one, with these members changed. */
export function documentWith(changes: Changes = {}): DocumentSpec {
  const fields = new Map<CborKey, CborInput | undefined>([
    ['module_id', moduleId],
    ['digest', 'SHA384'],
    ['timestamp', BigInt(madeAt)],
    ['pcrs', enclavePcrs],
    ['public_key', publicKey],
    ['user_data', userData],
    ['nonce', nonce],
    ...Object.entries(changes.fields ?? {}),
  ]);
  return {
    path: (changes.levels ?? levels).map((level) =>
      certificateOf(level, changes.certificates?.[level]),
    ),
    payload: { form: 'indefinite', fields, ...changes.payload },
    envelope: {
      prefix: '',
      suffix: '',
      protectedHeader: Uint8Array.of(0xa1, 0x01, 0x38, 0x22),
      unprotected: new Map(),
      payload: 'attached',
      signature: 'raw',
      ...changes.envelope,
    },
  };
}

/** The same as a NitroTPM instance makes it. */
export function tpmDocumentWith(changes: Changes = {}): DocumentSpec {
  const fields = {
    module_id: 'i-00112233445566778-tpm0000000000000000',
    pcrs: undefined,
    nitrotpm_pcrs: tpmPcrs,
    ...changes.fields,
  };
  return documentWith({ ...changes, fields });
}

/** Accepts {@link documentWith}() a second after it was made. */
export const acceptingPolicy: AttestationPolicy = {
  clock: { mode: 'live', now: () => madeAt + 1000, maxAgeSeconds: 60, skewSeconds: 5 },
  measurements: {
    enclave: [new Map([0, 1, 2].map((index) => [index, enclavePcrs.get(index) as Uint8Array]))],
  },
  nonce,
  debug: 'refused',
};
