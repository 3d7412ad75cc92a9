import { Buffer } from 'node:buffer';
import type { KeyObject } from 'node:crypto';

/** Writes a DER certificate as one PEM block (RFC 7468 section 5). */
export function encodeCertificatePem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/**
 * Writes a development private key as PKCS#8 PEM (RFC 7468 section 10).
 *
 * The text cannot be wiped: only for keys of the development authorities and servers.
 */
export function encodePrivateKeyPem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
