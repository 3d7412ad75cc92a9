import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import {
  type CertificateContents,
  createCertificate,
  createPrivateKeyOn,
  type KeyedCertificate,
  type NameAttribute,
} from './certificate.ts';

/** The levels below the root, in the order in which they are issued. */
export const nsmLevels = ['regional', 'zonal', 'instance', 'leaf'] as const;

export type NsmLevel = (typeof nsmLevels)[number];

/** What the certificates of one enclave say about it. */
export interface NsmIdentity {
  /** For example `eu-west-1`. */
  readonly region: string;
  /** `i-` and 17 hex digits. */
  readonly instanceId: string;
  /** 16 hex digits. */
  readonly enclaveId: string;
}

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** AWS backdates by an hour what its private CA issues, and the leaf by three seconds. */
const BACKDATED_BY_CA = HOUR;
const BACKDATED_BY_NSM = 3 * SECOND;

const ROOT_YEARS = 30;

/** As many attributes as AWS's root has, and none that a reader could take for AWS's. */
const ROOT_SUBJECT: readonly NameAttribute[] = [
  ['C', 'US'],
  ['O', 'nitro-key-broker'],
  ['OU', 'Development'],
  ['CN', 'not-aws.development.nitro-enclaves.invalid'],
];

const CA_USAGE = {
  name: 'keyUsage',
  usages: ['digitalSignature', 'keyCertSign', 'cRLSign'],
  critical: true,
} as const;

/** The `module_id` of documents and the name of the leaf. */
export function moduleIdOf(identity: NsmIdentity): string {
  return `${identity.instanceId}-enc${identity.enclaveId}`;
}

/** Makes a new development root, which plays the part of AWS's Nitro Enclaves root G1. */
export async function createDevelopmentNsmRoot(options: {
  readonly now: () => number;
}): Promise<KeyedCertificate> {
  return certifyNsmRoot(await createPrivateKeyOn('P-384'), options.now());
}

/** Makes the self-signed certificate of a development root for a P-384 key. */
export function certifyNsmRoot(privateKey: KeyObject, issuedAt: number): Promise<KeyedCertificate> {
  const notAfter = new Date(issuedAt);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + ROOT_YEARS);
  return createCertificate({
    privateKey,
    contents: {
      subject: ROOT_SUBJECT,
      notBefore: issuedAt - BACKDATED_BY_CA,
      notAfter: notAfter.getTime(),
      extensions: [
        { name: 'basicConstraints', ca: true },
        { name: 'subjectKeyIdentifier' },
        CA_USAGE,
      ],
    },
  });
}

/**
 * Issues the certificate of one level, with a new key, under the level above it.
 *
 * Subjects, lifetimes, extensions and their criticality are those of genuine documents of 2026. The
 * region, instance id and enclave id are written as they are: the caller has checked their form.
 */
export async function issueNsmCertificate(options: {
  readonly level: NsmLevel;
  readonly issuer: KeyedCertificate;
  readonly identity: NsmIdentity;
  /** Unix milliseconds. */
  readonly issuedAt: number;
}): Promise<KeyedCertificate> {
  const { level, issuer, identity, issuedAt } = options;
  const privateKey = await createPrivateKeyOn('P-384');
  const contents = contentsOf[level](identity, issuedAt, numberOf(privateKey));
  return createCertificate({ contents, privateKey, issuer });
}

const contentsOf: Readonly<
  Record<NsmLevel, (identity: NsmIdentity, issuedAt: number, number: string) => CertificateContents>
> = {
  regional: ({ region }, issuedAt, number) => ({
    subject: [
      ['C', 'US'],
      ['O', 'Amazon'],
      ['OU', 'AWS'],
      ['CN', `${number}.${region}.aws.nitro-enclaves`],
    ],
    notBefore: issuedAt - BACKDATED_BY_CA,
    notAfter: issuedAt + 20 * DAY,
    extensions: [
      { name: 'basicConstraints', ca: true, pathLength: 2 },
      { name: 'authorityKeyIdentifier' },
      { name: 'subjectKeyIdentifier' },
      CA_USAGE,
      { name: 'crlDistributionPoint', url: 'http://crl.invalid/development/regional.crl' },
    ],
  }),
  zonal: ({ region }, issuedAt, number) => ({
    subject: [
      ['CN', `${number}.zonal.${region}.aws.nitro-enclaves`],
      ['OU', 'AWS'],
      ['O', 'Amazon'],
      ['C', 'US'],
      ['ST', 'WA'],
      ['L', 'Seattle'],
    ],
    notBefore: issuedAt - BACKDATED_BY_CA,
    notAfter: issuedAt - BACKDATED_BY_CA + 6 * DAY,
    extensions: [
      { name: 'basicConstraints', ca: true, pathLength: 1 },
      { name: 'authorityKeyIdentifier' },
      { name: 'subjectKeyIdentifier' },
      CA_USAGE,
      { name: 'crlDistributionPoint', url: 'http://crl.invalid/development/zonal.crl' },
    ],
  }),
  instance: ({ region, instanceId }, issuedAt) => ({
    subject: [
      ['C', 'US'],
      ['ST', 'Washington'],
      ['L', 'Seattle'],
      ['O', 'Amazon'],
      ['OU', 'AWS'],
      ['CN', `${instanceId}.${region}.aws.nitro-enclaves`],
    ],
    notBefore: issuedAt - BACKDATED_BY_NSM,
    notAfter: issuedAt - BACKDATED_BY_NSM + DAY,
    extensions: [
      { name: 'basicConstraints', ca: true, pathLength: 0 },
      { name: 'keyUsage', usages: ['keyCertSign'], critical: true },
      { name: 'subjectKeyIdentifier' },
      { name: 'authorityKeyIdentifier' },
    ],
  }),
  leaf: (identity, issuedAt) => ({
    subject: [
      ['C', 'US'],
      ['ST', 'Washington'],
      ['L', 'Seattle'],
      ['O', 'Amazon'],
      ['OU', 'AWS'],
      ['CN', `${moduleIdOf(identity)}.${identity.region}.aws`],
    ],
    serialNumber: leafSerialNumber(identity.enclaveId, issuedAt),
    notBefore: issuedAt - BACKDATED_BY_NSM,
    notAfter: issuedAt + 3 * HOUR,
    extensions: [
      { name: 'basicConstraints', ca: false },
      { name: 'keyUsage', usages: ['digitalSignature', 'nonRepudiation'], critical: false },
    ],
  }),
};

/** The enclave's 16 hex digits, four zero bytes, the time of issue as 32-bit Unix seconds. */
function leafSerialNumber(enclaveId: string, issuedAt: number): Uint8Array {
  const serial = Buffer.alloc(16);
  serial.write(enclaveId, 'hex');
  serial.writeUInt32BE(Math.floor(issuedAt / SECOND), 12);
  return serial;
}

/** The 16 hex digits that name a regional or zonal authority: AWS does not say how it picks them. */
function numberOf(privateKey: KeyObject): string {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex').slice(0, 16);
}
