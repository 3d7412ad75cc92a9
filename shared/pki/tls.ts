import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { ConfigError } from '../errors.ts';
import { createCertificate, createPrivateKeyOn, type KeyedCertificate } from './certificate.ts';
import { encodeCertificatePem, encodePrivateKeyPem } from './pem.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Clocks of a host and its guest may differ by minutes. */
const BACKDATED = HOUR;

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Makes a new authority for TLS servers of the development stack. */
export async function createDevelopmentTlsCa(options: {
  readonly now: () => number;
}): Promise<KeyedCertificate> {
  return certifyTlsCa(await createPrivateKeyOn('P-256'), options.now());
}

/** Makes the self-signed certificate of a development TLS authority for a P-256 key. */
export function certifyTlsCa(privateKey: KeyObject, issuedAt: number): Promise<KeyedCertificate> {
  return createCertificate({
    privateKey,
    contents: {
      subject: [
        ['O', 'nitro-key-broker'],
        ['OU', 'Development'],
        ['CN', 'nitro-key-broker development TLS CA'],
      ],
      notBefore: issuedAt - BACKDATED,
      notAfter: issuedAt + 3650 * DAY,
      extensions: [
        { name: 'basicConstraints', ca: true, pathLength: 0 },
        { name: 'keyUsage', usages: ['keyCertSign', 'cRLSign'], critical: true },
        { name: 'subjectKeyIdentifier' },
      ],
    },
  });
}

/**
 * Issues the certificate of a TLS server, valid for 397 days, with a new P-256 key.
 *
 * Clients match the subjectAltName only; the subject names no host.
 *
 * @throws {ConfigError} PKI_SERVER_NAME for no name at all, and for a host name or an address that
 *   is not one.
 */
export async function issueServerCertificate(options: {
  readonly ca: KeyedCertificate;
  readonly hostNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly now: () => number;
}): Promise<{ readonly certificatePem: string; readonly privateKeyPem: string }> {
  const { ca, hostNames, ipAddresses } = options;
  checkServerNames(hostNames, ipAddresses);
  const issuedAt = options.now();
  const { certificate, privateKey } = await createCertificate({
    issuer: ca,
    privateKey: await createPrivateKeyOn('P-256'),
    contents: {
      subject: [
        ['O', 'nitro-key-broker'],
        ['OU', 'Development'],
        ['CN', 'nitro-key-broker development server'],
      ],
      notBefore: issuedAt - BACKDATED,
      notAfter: issuedAt + 397 * DAY,
      extensions: [
        { name: 'basicConstraints', ca: false },
        { name: 'keyUsage', usages: ['digitalSignature'], critical: true },
        { name: 'serverAuth' },
        { name: 'subjectKeyIdentifier' },
        { name: 'authorityKeyIdentifier' },
        { name: 'subjectAltName', hostNames, ipAddresses },
      ],
    },
  });
  return {
    certificatePem: encodeCertificatePem(certificate),
    privateKeyPem: encodePrivateKeyPem(privateKey),
  };
}

function checkServerNames(hostNames: readonly string[], ipAddresses: readonly string[]): void {
  if (hostNames.length + ipAddresses.length === 0) {
    throw new ConfigError('PKI_SERVER_NAME', 'expected at least one host name or address');
  }
  const wrong =
    hostNames.find((name) => !HOST_NAME.test(name) || isIP(name) !== 0) ??
    ipAddresses.find((address) => isIP(address) === 0);
  if (wrong !== undefined) {
    throw new ConfigError('PKI_SERVER_NAME', 'expected a host name or an IP address', {
      details: { name: wrong },
    });
  }
}
