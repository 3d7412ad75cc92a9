import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createDevelopmentTlsCa,
  encodeCertificatePem,
  issueServerCertificate,
  type KeyedCertificate,
} from '../../../shared/pki/index.ts';

let ca: KeyedCertificate;
// TLS itself checks validity against the real clock, so these certificates are made for it.
const now = () => Date.now();

beforeAll(async () => {
  ca = await createDevelopmentTlsCa({ now });
});

function issue(hostNames: readonly string[], ipAddresses: readonly string[]) {
  return issueServerCertificate({ ca, hostNames, ipAddresses, now });
}

describe('issueServerCertificate', () => {
  it('issues under the authority, for the names and addresses given', async () => {
    const { certificatePem } = await issue(['kms.localhost', 'localhost'], ['127.0.0.1', '::1']);
    const certificate = new X509Certificate(certificatePem);
    const issuer = new X509Certificate(ca.certificate);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.subjectAltName).toBe(
      'DNS:kms.localhost, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    );
    expect(certificate.checkHost('kms.localhost')).toBe('kms.localhost');
    expect(certificate.checkHost('other.localhost')).toBeUndefined();
    expect(certificate.checkIP('::1')).toBe('::1');
  });

  it('serves TLS to a client that trusts the authority, and to no other', async () => {
    const { certificatePem, privateKeyPem } = await issue(['localhost'], ['127.0.0.1']);
    const server = createServer({ cert: certificatePem, key: privateKeyPem }, (socket) => {
      socket.end('served');
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const ask = (trusted: string[]) =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, ca: trusted, servername: 'localhost' });
        socket.on('data', (data) => resolve(data.toString()));
        socket.on('error', (error: Error & { code?: string }) => resolve(error.code ?? ''));
      });
    try {
      const other = await createDevelopmentTlsCa({ now });
      expect(await ask([encodeCertificatePem(ca.certificate)])).toBe('served');
      expect(await ask([encodeCertificatePem(other.certificate)])).not.toBe('served');
    } finally {
      server.close();
    }
  });

  it.each([
    ['no name at all', [], []],
    ['an empty host name', [''], []],
    ['a host name with a comma', ['a,b'], []],
    ['a wildcard', ['*.localhost'], []],
    ['an address among the host names', ['127.0.0.1'], []],
    ['a host name among the addresses', [], ['localhost']],
  ])('refuses %s', async (_, hostNames, ipAddresses) => {
    await expect(issue(hostNames, ipAddresses)).rejects.toMatchObject({ code: 'PKI_SERVER_NAME' });
  });
});
