import { createHash, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { amazonRootCertificates } from '../../../enclave/kms/index.ts';

it('finds the five Amazon Trust Services roots in this Node, each a root of its own', () => {
  const roots = amazonRootCertificates().map((pem) => new X509Certificate(pem));
  expect(roots.map(({ subject }) => /(CN=.*)/.exec(subject)?.[1])).toEqual([
    'CN=Amazon Root CA 1',
    'CN=Amazon Root CA 2',
    'CN=Amazon Root CA 3',
    'CN=Amazon Root CA 4',
    'CN=Starfield Services Root Certificate Authority - G2',
  ]);
  for (const root of roots) {
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
  }
  expect(new Set(roots.map(({ raw }) => createHash('sha256').update(raw).digest('hex'))).size).toBe(
    5,
  );
});
