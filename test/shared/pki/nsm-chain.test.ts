import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createDevelopmentNsmRoot,
  encodeCertificatePem,
  issueNsmCertificate,
  type KeyedCertificate,
  nsmLevels,
} from '../../../shared/pki/index.ts';
import { haveOpenssl, openssl } from '../../support/openssl.ts';

const ISSUED_AT = Date.UTC(2026, 4, 21, 12, 7, 37, 345);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const identity = {
  region: 'eu-west-1',
  instanceId: 'i-0123456789abcdef0',
  enclaveId: '019e4a6ea7444bda',
};

interface Shape {
  readonly level: string;
  readonly certificate: KeyedCertificate;
}

let chain: readonly Shape[];

beforeAll(async () => {
  const root = await createDevelopmentNsmRoot({ now: () => ISSUED_AT });
  const made: Shape[] = [{ level: 'root', certificate: root }];
  let issuer = root;
  for (const level of nsmLevels) {
    issuer = await issueNsmCertificate({ level, issuer, identity, issuedAt: ISSUED_AT });
    made.push({ level, certificate: issuer });
  }
  chain = made;
});

function at(level: string): KeyedCertificate {
  const found = chain.find((one) => one.level === level);
  if (found === undefined) throw new Error(`no ${level}`);
  return found.certificate;
}

function parsed(level: string): X509Certificate {
  return new X509Certificate(at(level).certificate);
}

/** The attributes in the order of the encoding. */
function subject(level: string): string[] {
  return parsed(level).subject.split('\n');
}

describe('the development NSM chain', () => {
  it('verifies link by link, for signature and for name', () => {
    expect(chain.map((one) => one.level)).toEqual([
      'root',
      'regional',
      'zonal',
      'instance',
      'leaf',
    ]);
    chain.forEach(({ certificate }, i) => {
      const issuer = new X509Certificate((chain[i - 1] ?? chain[0])?.certificate.certificate ?? '');
      const one = new X509Certificate(certificate.certificate);
      expect(one.checkIssued(issuer)).toBe(true);
      expect(one.verify(issuer.publicKey)).toBe(true);
      expect(one.checkPrivateKey(certificate.privateKey)).toBe(true);
    });
  });

  it('does not verify under the key of another level', () => {
    expect(parsed('leaf').verify(parsed('zonal').publicKey)).toBe(false);
  });

  it('holds P-384 keys, in certificates of at most 1024 bytes', () => {
    for (const { level, certificate } of chain) {
      expect(parsed(level).publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1');
      expect(certificate.certificate.length).toBeLessThanOrEqual(1024);
    }
  });

  it('is a chain of authorities that ends in a certificate that is none', () => {
    expect(chain.map(({ level }) => parsed(level).ca)).toEqual([true, true, true, true, false]);
  });

  it('names its root so that nobody takes it for the root of AWS', () => {
    expect(subject('root')).toEqual([
      'C=US',
      'O=nitro-key-broker',
      'OU=Development',
      'CN=not-aws.development.nitro-enclaves.invalid',
    ]);
  });

  it.each([
    ['regional', /^C=US,O=Amazon,OU=AWS,CN=[0-9a-f]{16}\.eu-west-1\.aws\.nitro-enclaves$/],
    [
      'zonal',
      /^CN=[0-9a-f]{16}\.zonal\.eu-west-1\.aws\.nitro-enclaves,OU=AWS,O=Amazon,C=US,ST=WA,L=Seattle$/,
    ],
    [
      'instance',
      /^C=US,ST=Washington,L=Seattle,O=Amazon,OU=AWS,CN=i-0123456789abcdef0\.eu-west-1\.aws\.nitro-enclaves$/,
    ],
    [
      'leaf',
      /^C=US,ST=Washington,L=Seattle,O=Amazon,OU=AWS,CN=i-0123456789abcdef0-enc019e4a6ea7444bda\.eu-west-1\.aws$/,
    ],
  ])('gives the %s the subject of AWS, in its order', (level, pattern) => {
    expect(subject(level).join(',')).toMatch(pattern);
  });

  it.each([
    ['regional', HOUR, 20 * DAY + HOUR],
    ['zonal', HOUR, 6 * DAY],
    ['instance', 3000, DAY],
    ['leaf', 3000, 3 * HOUR + 3000],
  ])('gives the %s its backdating and its lifetime', (level, backdated, lifetime) => {
    const { notBefore, notAfter } = at(level);
    expect(notBefore).toBe(Math.floor(ISSUED_AT / 1000) * 1000 - backdated);
    expect(notAfter - notBefore).toBe(lifetime);
    expect(Date.parse(parsed(level).validFrom)).toBe(notBefore);
    expect(Date.parse(parsed(level).validTo)).toBe(notAfter);
  });

  it('gives the root thirty years', () => {
    expect(parsed('root').validFrom).toBe('May 21 11:07:37 2026 GMT');
    expect(parsed('root').validTo).toBe('May 21 12:07:37 2056 GMT');
  });

  it('numbers the leaf by enclave and time of issue', () => {
    expect(parsed('leaf').serialNumber).toBe('019E4A6EA7444BDA000000006A0EF589');
  });

  it('numbers a leaf whose enclave id starts with a high bit as a positive integer', async () => {
    const leaf = await issueNsmCertificate({
      level: 'leaf',
      issuer: at('instance'),
      identity: { ...identity, enclaveId: 'ffeeddccbbaa9988' },
      issuedAt: ISSUED_AT,
    });
    expect(new X509Certificate(leaf.certificate).serialNumber).toBe(
      'FFEEDDCCBBAA9988000000006A0EF589',
    );
  });
});

describe.skipIf(!haveOpenssl)(
  'the development NSM chain, read by openssl (skipped without)',
  () => {
    let directory: string;
    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'nsm-chain-'));
    });
    afterAll(() => rmSync(directory, { recursive: true }));

    it('is a valid path', () => {
      const file = (name: string, levels: readonly string[]): string => {
        const path = join(directory, name);
        writeFileSync(
          path,
          levels.map((one) => encodeCertificatePem(at(one).certificate)).join(''),
        );
        return path;
      };
      const output = openssl([
        'verify',
        '-check_ss_sig',
        '-attime',
        String(Math.floor(ISSUED_AT / 1000)),
        '-CAfile',
        file('root.pem', ['root']),
        '-untrusted',
        file('chain.pem', ['regional', 'zonal', 'instance']),
        file('leaf.pem', ['leaf']),
      ]);
      expect(output.toString()).toMatch(/leaf\.pem: OK/);
    });

    const keyId = '(?:[0-9A-F]{2}:){19}[0-9A-F]{2}';
    const caUsage = 'Key Usage: critical Digital Signature, Certificate Sign, CRL Sign';
    const crl = (level: string) =>
      `CRL Distribution Points: Full Name: URI:http://crl\\.invalid/development/${level}\\.crl`;
    it.each([
      [
        'root',
        ['Basic Constraints: critical CA:TRUE', `Subject Key Identifier: ${keyId}`, caUsage],
      ],
      [
        'regional',
        [
          'Basic Constraints: critical CA:TRUE, pathlen:2',
          `Authority Key Identifier: ${keyId}`,
          `Subject Key Identifier: ${keyId}`,
          caUsage,
          crl('regional'),
        ],
      ],
      [
        'zonal',
        [
          'Basic Constraints: critical CA:TRUE, pathlen:1',
          `Authority Key Identifier: ${keyId}`,
          `Subject Key Identifier: ${keyId}`,
          caUsage,
          crl('zonal'),
        ],
      ],
      [
        'instance',
        [
          'Basic Constraints: critical CA:TRUE, pathlen:0',
          'Key Usage: critical Certificate Sign',
          `Subject Key Identifier: ${keyId}`,
          `Authority Key Identifier: ${keyId}`,
        ],
      ],
      [
        'leaf',
        ['Basic Constraints: critical CA:FALSE', 'Key Usage: Digital Signature, Non Repudiation'],
      ],
    ])('has the extensions of AWS on the %s, in order, and no others', (level, expected) => {
      const text = openssl(['x509', '-inform', 'der', '-noout', '-text'], at(level).certificate)
        .toString()
        .replaceAll(/\s+/g, ' ');
      expect(text.match(/Signature Algorithm: ecdsa-with-SHA384/g)).toHaveLength(2);
      const extensions = text
        .replace(/^.*X509v3 extensions: /, '')
        .replace(/ Signature Alg.*$/, '');
      expect(extensions).toMatch(new RegExp(`^X509v3 ${expected.join(' X509v3 ')}$`));
    });
  },
);
