import {
  createDevelopmentTlsCa,
  encodeCertificatePem,
  issueServerCertificate,
} from '../../shared/pki/index.ts';

export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A server certificate for `hostName` and loopback, below a root made for this test alone. */
export async function createTlsIdentity(hostName: string): Promise<TlsIdentity> {
  const now = (): number => Date.now();
  const ca = await createDevelopmentTlsCa({ now });
  const { certificatePem, privateKeyPem } = await issueServerCertificate({
    ca,
    hostNames: [hostName],
    ipAddresses: ['127.0.0.1'],
    now,
  });
  return { ca: encodeCertificatePem(ca.certificate), cert: certificatePem, key: privateKeyPem };
}
