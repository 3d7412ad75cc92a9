import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { issueCertificate } from '../../../scripts/fixtures/attestation-authority.ts';
import { certificateOf } from '../../../scripts/fixtures/attestation-documents.ts';
import {
  awsNitroEnclavesRootG1,
  createNodeEngine,
  parseTrustAnchor,
} from '../../../shared/attestation/node.ts';
import { concatBytes, encodeBase64, encodeHex } from '../../../shared/encoding.ts';
import { codeOf } from '../../support/codes.ts';
import { vectorsPath } from '../../support/vectors.ts';

const der = issueCertificate(certificateOf('root'));
const text = (value: string) => new TextEncoder().encode(value);
const pem = (bytes: Uint8Array, label = 'CERTIFICATE') =>
  `-----BEGIN ${label}-----\n${encodeBase64(bytes).replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

describe('parseTrustAnchor', () => {
  it.each([
    ['DER', der],
    ['PEM', text(pem(der))],
    ['PEM with line ends of Windows', text(pem(der).replaceAll('\n', '\r\n'))],
    ['PEM on one line', text(pem(der).replaceAll(/(?<!-)\n(?!-)/g, ''))],
    ['PEM with space around it', text(`\n  ${pem(der)}\n\n`)],
  ])('reads %s', (_what, bytes) => {
    expect(parseTrustAnchor(bytes).der).toEqual(der);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'TRUST_ANCHOR_SYNTAX'],
    ['text', text('a root'), 'TRUST_ANCHOR_SYNTAX'],
    ['two certificates', text(pem(der) + pem(der)), 'TRUST_ANCHOR_SYNTAX'],
    ['text in front of the certificate', text(`root:\n${pem(der)}`), 'TRUST_ANCHOR_SYNTAX'],
    ['a certificate with another label', text(pem(der, 'PUBLIC KEY')), 'TRUST_ANCHOR_SYNTAX'],
    ['PEM that is cut off', text(pem(der).slice(0, -10)), 'TRUST_ANCHOR_SYNTAX'],
    ['PEM whose base64 is none', text(pem(der).replace('MII', 'MI=I')), 'TRUST_ANCHOR_SYNTAX'],
    ['PEM with a character too few', text(pem(der).replace('MII', 'MI')), 'TRUST_ANCHOR_SYNTAX'],
    ['PEM without contents', text(pem(new Uint8Array(0))), 'CERT_SYNTAX'],
    ['more than 16 KiB', concatBytes(der, new Uint8Array(16_384)), 'TRUST_ANCHOR_SYNTAX'],
    ['PEM of something else', text(pem(text('no certificate'))), 'CERT_SYNTAX'],
    ['DER with a byte behind it', concatBytes(der, Uint8Array.of(0)), 'CERT_SYNTAX'],
    ['DER that is cut off', der.subarray(0, -1), 'CERT_SYNTAX'],
    ['DER of something else', Uint8Array.of(0x30, 0x00), 'CERT_SYNTAX'],
  ])('refuses %s', (_what, bytes, code) => {
    expect(codeOf(() => parseTrustAnchor(bytes))).toBe(code);
  });

  it('returns bytes of its own', () => {
    const bytes = der.slice();
    const anchor = parseTrustAnchor(bytes);
    bytes.fill(0);
    expect(anchor.der).toEqual(der);
  });
});

describe("AWS's root", () => {
  it('has the fingerprint that AWS publishes', () => {
    expect(encodeHex(createNodeEngine().sha256(awsNitroEnclavesRootG1.der))).toBe(
      '641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b',
    );
  });

  const path = vectorsPath('attestation', 'aws-nitro-enclaves-root-g1.pem');
  it.skipIf(path === undefined)('is the one in PEM (needs the vectors)', () => {
    expect(parseTrustAnchor(readFileSync(path as string)).der).toEqual(awsNitroEnclavesRootG1.der);
  });
});
