import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  basicConstraints,
  type CertificateSpec,
  type ExtensionSpec,
  issueCertificate,
  keyUsage,
  OID,
} from '../../../scripts/fixtures/attestation-authority.ts';
import { certificateOf, levels } from '../../../scripts/fixtures/attestation-documents.ts';
import * as der from '../../../scripts/fixtures/der.ts';
import { encodeOid, parseDer } from '../../../shared/asn1/index.ts';
import {
  type Certificate,
  KEY_USAGE,
  parseCertificate,
} from '../../../shared/attestation/certificate.ts';
import { formatName } from '../../../shared/attestation/distinguished-name.ts';
import { awsNitroEnclavesRootG1 } from '../../../shared/attestation/index.ts';
import { concatBytes, encodeHex } from '../../../shared/encoding.ts';
import { FormatError } from '../../../shared/errors.ts';
import { codeOf } from '../../support/codes.ts';
import { oneByteMutations, truncations } from '../../support/mutations.ts';

const issue = (changes: Partial<CertificateSpec> = {}) =>
  issueCertificate(certificateOf('zonal', changes));
const withExtension = (oid: string, value: Uint8Array) => {
  const extension: ExtensionSpec = { oid, critical: true, value };
  return issue({ extensions: [extension] });
};

function tryParse(bytes: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (error instanceof FormatError && error.code === 'CERT_SYNTAX') return undefined;
    throw error;
  }
}

describe('parseCertificate', () => {
  it.each([
    ...levels.map((level) => [level, issueCertificate(certificateOf(level))] as const),
    ["AWS's root", awsNitroEnclavesRootG1.der] as const,
  ])('reads what OpenSSL reads: %s', (_what, bytes) => {
    const parsed = parseCertificate(bytes);
    const expected = new X509Certificate(bytes);
    expect(encodeHex(parsed.serial)).toBe(expected.serialNumber.toLowerCase());
    expect(parsed.notBefore).toBe(Date.parse(expected.validFrom));
    expect(parsed.notAfter).toBe(Date.parse(expected.validTo));
    expect(parsed.basicConstraints?.ca ?? false).toBe(expected.ca);
    expect(formatName(parsed.subject)).toBe(expected.subject.split('\n').join(', '));
    expect(formatName(parsed.issuer)).toBe(expected.issuer.split('\n').join(', '));
    const spki = expected.publicKey.export({ type: 'spki', format: 'der' });
    expect(parsed.publicKey).toEqual(new Uint8Array(spki.subarray(-97)));
    expect(parsed.der).toEqual(bytes);
  });

  it('reads constraints and usages', () => {
    const extensions = [basicConstraints({ ca: true, pathLength: 3 }), keyUsage([0, 5])];
    const parsed = parseCertificate(issue({ extensions }));
    expect(parsed.basicConstraints).toEqual({ ca: true, pathLength: 3 });
    expect(parsed.keyUsage).toBe(KEY_USAGE.digitalSignature | KEY_USAGE.keyCertSign);
    expect(parsed.criticalExtensions).toEqual([OID.basicConstraints, OID.keyUsage]);
    const plain = parseCertificate(issue({ extensions: [] }));
    expect(plain.basicConstraints).toBeUndefined();
    expect(plain.keyUsage).toBeUndefined();
  });

  it('keeps what would steer a terminal out of the names', () => {
    const subject = [[OID.commonName, 'a\u001b[2Jb\u009bc\u202ed\ne']] as const;
    const certificate = parseCertificate(issue({ subject }));
    expect(formatName(certificate.subject)).toBe('CN=a\\u001b[2Jb\\u009bc\\u202ed\\u000ae');
  });

  const [root = new Uint8Array(0)] = [issue()];
  it.each([
    ['nothing', new Uint8Array(0)],
    ['a byte behind it', concatBytes(root, Uint8Array.of(0))],
    ['another tag', concatBytes(Uint8Array.of(0x31), root.subarray(1))],
    ['more than 8 KiB', concatBytes(root, new Uint8Array(8192))],
    ['version 1', issue({ version: null })],
    ['version 2', issue({ version: 1 })],
    ['version 257', issue({ version: 256 })],
    ['an extension twice', issue({ extensions: [keyUsage([0]), keyUsage([5])] })],
    ['other algorithms inside and outside', issue({ innerSignatureAlgorithm: OID.ecPublicKey })],
    [
      'basicConstraints that are no sequence',
      withExtension(OID.basicConstraints, der.boolean(true)),
    ],
    [
      'basicConstraints that are empty bytes',
      withExtension(OID.basicConstraints, new Uint8Array(0)),
    ],
    [
      'basicConstraints with a third field',
      withExtension(
        OID.basicConstraints,
        der.sequence(der.boolean(true), der.smallInteger(0), der.smallInteger(0)),
      ),
    ],
    [
      'a pathLen below 0',
      withExtension(
        OID.basicConstraints,
        der.sequence(der.boolean(true), Uint8Array.of(0x02, 0x01, 0xff)),
      ),
    ],
    [
      'a pathLen beyond 32 bits',
      withExtension(
        OID.basicConstraints,
        der.sequence(der.boolean(true), der.integer(new Uint8Array(5).fill(1))),
      ),
    ],
    [
      'a cA that is neither 00 nor FF',
      withExtension(OID.basicConstraints, der.sequence(Uint8Array.of(0x01, 0x01, 0x01))),
    ],
    [
      'bytes behind basicConstraints',
      withExtension(OID.basicConstraints, concatBytes(der.sequence(), Uint8Array.of(0))),
    ],
    [
      'a bit of keyUsage that has no name',
      withExtension(OID.keyUsage, der.bitString(Uint8Array.of(0x80, 0x40), 6)),
    ],
    [
      'bytes behind keyUsage',
      withExtension(
        OID.keyUsage,
        concatBytes(der.bitString(Uint8Array.of(0x80), 7), Uint8Array.of(0)),
      ),
    ],
    ['keyUsage that is no bit string', withExtension(OID.keyUsage, der.octetString(root))],
    ['a validity that begins on 30 February', swapText(root, /\d{6}(?=\d{6}Z)/, '260230')],
    ['a validity without its Z', swapText(root, /Z/, '0')],
  ])('refuses %s', (_what, bytes) => {
    expect(codeOf(() => parseCertificate(bytes))).toBe('CERT_SYNTAX');
  });

  it.each([
    ['in the parameters of the key', { spki: spkiWith(der.sequence(Uint8Array.of(1, 1, 1))) }],
    ['in the parameters of a signature', { signatureParameters: Uint8Array.of(2, 2, 0, 1) }],
    ['deep in parameters that nobody reads', { spki: spkiWith(nest(Uint8Array.of(0x24, 0), 8)) }],
  ])('refuses what is no DER %s', (_what, changes) => {
    expect(codeOf(() => parseCertificate(issue(changes)))).toBe('CERT_SYNTAX');
  });

  it.each([
    [
      'a third field of an AlgorithmIdentifier',
      spkiWith(concatBytes(der.sequence(), der.sequence())),
    ],
    [
      'a third field of subjectPublicKeyInfo',
      der.sequence(
        der.sequence(encodeOid('1.2.3.4')),
        der.bitString(Uint8Array.of(1)),
        der.sequence(),
      ),
    ],
  ])('refuses %s', (_what, spki) => {
    expect(codeOf(() => parseCertificate(issue({ spki })))).toBe('CERT_SYNTAX');
  });

  it('refuses every beginning of a certificate', () => {
    for (const bytes of truncations(root)) expect(tryParse(bytes)).toBeUndefined();
  });

  it('reads only DER, and never the same certificate, when one byte changes', () => {
    const { der: _, ...original } = parseCertificate(root);
    for (const { mutated } of oneByteMutations(root)) {
      const parsed = tryParse(mutated);
      if (parsed === undefined) continue;
      expect(codeOf(() => parseDer(mutated, { maxBytes: 8192 }))).toBeUndefined();
      const { der: __, ...read } = parsed;
      expect(read).not.toEqual(original);
    }
  });

  it('reads DER or throws CERT_SYNTAX, whatever the bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.nat(root.length - 1), fc.uint8Array({ maxLength: 8 }), fc.nat(8))
        .map(([at, inserted, removed]) =>
          concatBytes(root.subarray(0, at), inserted, root.subarray(at + removed)),
        ),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        if (tryParse(input) === undefined) return;
        expect(codeOf(() => parseDer(input, { maxBytes: 8192 }))).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});

/** A SubjectPublicKeyInfo of some other algorithm, with these parameters. */
function spkiWith(parameters: Uint8Array): Uint8Array {
  return der.sequence(
    der.sequence(encodeOid('1.2.3.4'), parameters),
    der.bitString(Uint8Array.of(1)),
  );
}

function nest(value: Uint8Array, levels: number): Uint8Array {
  return levels === 0 ? value : nest(der.sequence(value), levels - 1);
}

/** The certificate with the first text that matches replaced by one of the same length. */
function swapText(bytes: Uint8Array, pattern: RegExp, replacement: string): Uint8Array {
  const text = String.fromCharCode(...bytes);
  expect(text).toMatch(pattern);
  return Uint8Array.from(text.replace(pattern, replacement), (unit) => unit.charCodeAt(0));
}
