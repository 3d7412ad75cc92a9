import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { ConfigError } from '../../shared/errors.ts';

/** SHA-256 of the DER of the Amazon Trust Services roots (https://www.amazontrust.com/repository/). */
const FINGERPRINTS: Readonly<Record<string, string>> = {
  'Amazon Root CA 1': '8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e',
  'Amazon Root CA 2': '1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4',
  'Amazon Root CA 3': '18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4',
  'Amazon Root CA 4': 'e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092',
  'Starfield Services Root Certificate Authority - G2':
    '568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5',
};

/**
 * The roots that KMS's own certificates chain to, out of those that Node carries.
 *
 * The bundle in the Node binary is measured with the image; the machine's certificate store, which
 * NODE_EXTRA_CA_CERTS or an operator could widen, is not asked.
 *
 * @throws {ConfigError} CONFIG_TLS_ROOTS if this Node lacks one of them.
 */
export function amazonRootCertificates(): readonly string[] {
  const byFingerprint = new Map(rootCertificates.map((pem) => [fingerprintOf(pem), pem]));
  return Object.entries(FINGERPRINTS).map(([name, fingerprint]) => {
    const pem = byFingerprint.get(fingerprint);
    if (pem === undefined) {
      throw new ConfigError('CONFIG_TLS_ROOTS', `this Node does not carry the root ${name}`);
    }
    return pem;
  });
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
