import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  basicConstraints,
  type CertificateSpec,
  type ExtensionSpec,
  issueCertificate,
  issueDocument,
  keyUsage,
  OID,
} from '../../../scripts/fixtures/attestation-authority.ts';
import {
  acceptingPolicy,
  type Changes,
  certificateOf,
  documentWith,
  type Level,
  levels,
  madeAt,
} from '../../../scripts/fixtures/attestation-documents.ts';
import * as der from '../../../scripts/fixtures/der.ts';
import { createVerifier } from '../../../shared/attestation/node.ts';
import { createNobleEngine } from '../../../shared/crypto/noble.ts';
import { judge, outcomeOf } from '../../support/judge.ts';

const SECOND = 1000;

const spkiOf = (curve: string) =>
  new Uint8Array(
    generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({
      type: 'spki',
      format: 'der',
    }),
  );
const rsaSpki = new Uint8Array(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    type: 'spki',
    format: 'der',
  }),
);
const unknown = (critical: boolean): ExtensionSpec => ({
  oid: '1.3.6.1.4.1.99999.1',
  critical,
  value: der.octetString(Uint8Array.of(1)),
});
const nameConstraints: ExtensionSpec = { oid: '2.5.29.30', critical: true, value: der.sequence() };

const { extensions: leafExtensions } = certificateOf('leaf');
const { extensions: zonalExtensions } = certificateOf('zonal');
const certification = keyUsage([0, 5, 6]);

/** The same fault in the certificate of each level. */
function atEachLevel(
  outcome: string,
  what: string,
  change: (level: Level) => Partial<CertificateSpec>,
  of: readonly Level[] = levels,
): ReadonlyArray<readonly [string, string, Changes]> {
  return of.map((level) => [
    outcome,
    `${what} at the ${level}`,
    { certificates: { [level]: change(level) } },
  ]);
}

const below = levels.slice(1);
const issuers = levels.slice(0, -1);
const at = (level: Level, change: Partial<CertificateSpec>): Changes => ({
  certificates: { [level]: change },
});

describe('the certificate path of a document', () => {
  it.each<readonly [what: string, changes: Changes]>([
    ['a pathLen of 0 at the instance', {}],
    [
      'an unknown extension that is not critical',
      at('zonal', { extensions: [...zonalExtensions, unknown(false)] }),
    ],
    ['a leaf without basicConstraints', at('leaf', { extensions: [keyUsage([0])] })],
    [
      'no pathLen anywhere',
      {
        certificates: Object.fromEntries(
          issuers.map((level) => [
            level,
            { extensions: [basicConstraints({ ca: true }), certification] },
          ]),
        ),
      },
    ],
    [
      'the leaf directly below the root',
      {
        levels: ['root', 'leaf'],
        certificates: { leaf: { issuer: certificateOf('root').subject, signedBy: 'root' } },
      },
    ],
    ['a root valid beyond 2049', at('root', { notAfter: Date.UTC(2055, 0, 1) })],
  ])('is accepted with %s', async (_what, changes) => {
    expect(outcomeOf(await judge(documentWith(changes)))).toBe('trusted');
  });

  it.each<readonly [outcome: string, what: string, changes: Changes]>([
    [
      'path.length PATH_LENGTH',
      'six certificates',
      { levels: ['root', 'regional', 'zonal', 'zonal', 'instance', 'leaf'] },
    ],
    [
      'path.root PATH_ROOT',
      'no root in front',
      { levels: ['regional', 'zonal', 'instance', 'leaf'] },
    ],
    [
      'path.root PATH_ROOT',
      'the bundle in reverse',
      { levels: ['instance', 'zonal', 'regional', 'root', 'leaf'] },
    ],
    [
      'path.root PATH_ROOT',
      'a root of the same name and key, signed again',
      at('root', { serial: '02' }),
    ],
    [
      'path.root PATH_ROOT',
      'a root of the same name and another key',
      at('root', { key: 'other', signedBy: 'other' }),
    ],

    ...atEachLevel(
      'path.certificates CERT_KEY',
      'a P-256 key',
      () => ({ spki: spkiOf('P-256') }),
      below,
    ),
    ...atEachLevel(
      'path.certificates CERT_KEY',
      'a P-521 key',
      () => ({ spki: spkiOf('P-521') }),
      below,
    ),
    ...atEachLevel(
      'path.certificates CERT_KEY',
      'a secp256k1 key',
      () => ({ spki: spkiOf('secp256k1') }),
      below,
    ),
    ...atEachLevel('path.certificates CERT_KEY', 'an RSA key', () => ({ spki: rsaSpki }), below),
    ...atEachLevel('path.certificates CERT_SYNTAX', 'version 1', () => ({ version: null }), below),
    ...atEachLevel('path.certificates CERT_SYNTAX', 'version 2', () => ({ version: 1 }), below),
    ...atEachLevel('path.certificates CERT_SYNTAX', 'version 4', () => ({ version: 3 }), below),
    ...atEachLevel(
      'path.certificates CERT_SYNTAX',
      'an extension twice',
      (level) => {
        const { extensions } = certificateOf(level);
        return { extensions: [...extensions, ...extensions] };
      },
      below,
    ),
    ...atEachLevel(
      'path.certificates CERT_SYNTAX',
      'two different algorithms',
      () => ({
        innerSignatureAlgorithm: '1.2.840.10045.4.3.2',
      }),
      below,
    ),
    [
      'path.certificates CERT_SYNTAX',
      'a certificate that is none',
      { fields: { certificate: Uint8Array.of(1) } },
    ],

    ...atEachLevel('path.algorithms PATH_ALGORITHM', 'ecdsa-with-SHA256', () => ({
      signatureAlgorithm: '1.2.840.10045.4.3.2',
    })),
    ...atEachLevel('path.algorithms PATH_ALGORITHM', 'sha384WithRSAEncryption', () => ({
      signatureAlgorithm: '1.2.840.113549.1.1.12',
    })),
    ...atEachLevel('path.algorithms PATH_ALGORITHM', 'ecdsa-with-SHA384 with a NULL', () => ({
      signatureParameters: Uint8Array.of(0x05, 0x00),
    })),
    ...atEachLevel(
      'path.extensions PATH_CRITICAL_EXTENSION',
      'an unknown critical extension',
      (level) => ({
        extensions: [...certificateOf(level).extensions, unknown(true)],
      }),
    ),
    [
      'path.extensions PATH_CRITICAL_EXTENSION',
      'name constraints',
      at('zonal', { extensions: [...zonalExtensions, nameConstraints] }),
    ],

    ...atEachLevel('path.names PATH_NAME', 'another issuer', () => ({
      issuer: [[OID.commonName, 'another']],
    })),
    [
      'path.names PATH_NAME',
      'the issuer name in another order',
      at('leaf', { issuer: certificateOf('instance').subject.toReversed() }),
    ],
    [
      'path.names PATH_NAME',
      'the issuer name in other letters',
      at('leaf', {
        issuer: certificateOf('instance').subject.map(([oid, value]) => [oid, value.toUpperCase()]),
      }),
    ],
    [
      'path.names PATH_NAME',
      'a level left out',
      { levels: ['root', 'regional', 'instance', 'leaf'] },
    ],
    [
      'path.names PATH_NAME',
      'two levels exchanged',
      { levels: ['root', 'zonal', 'regional', 'instance', 'leaf'] },
    ],

    ...atEachLevel(
      'path.basic_constraints PATH_BASIC_CONSTRAINTS',
      'no CA',
      () => ({
        extensions: [basicConstraints({ ca: false }), certification],
      }),
      issuers,
    ),
    ...atEachLevel(
      'path.basic_constraints PATH_BASIC_CONSTRAINTS',
      'no basicConstraints',
      () => ({
        extensions: [certification],
      }),
      issuers,
    ),
    [
      'path.basic_constraints PATH_BASIC_CONSTRAINTS',
      'a leaf that is a CA',
      at('leaf', { extensions: [basicConstraints({ ca: true }), keyUsage([0, 5])] }),
    ],
    [
      'path.basic_constraints PATH_BASIC_CONSTRAINTS',
      'a leaf with a pathLen',
      at('leaf', { extensions: [basicConstraints({ ca: false, pathLength: 0 }), keyUsage([0])] }),
    ],
    [
      'path.basic_constraints PATH_BASIC_CONSTRAINTS',
      'a CA in place of the leaf',
      { levels: ['root', 'regional', 'zonal', 'instance'] },
    ],

    [
      'path.path_length PATH_PATH_LENGTH',
      'pathLen 1 at the regional',
      at('regional', {
        extensions: [basicConstraints({ ca: true, pathLength: 1 }), certification],
      }),
    ],
    [
      'path.path_length PATH_PATH_LENGTH',
      'pathLen 0 at the zonal',
      at('zonal', { extensions: [basicConstraints({ ca: true, pathLength: 0 }), certification] }),
    ],
    [
      'path.path_length PATH_PATH_LENGTH',
      'pathLen 2 at the root',
      at('root', { extensions: [basicConstraints({ ca: true, pathLength: 2 }), certification] }),
    ],

    ...atEachLevel('path.key_usage PATH_KEY_USAGE', 'no keyUsage', (level) => ({
      extensions: certificateOf(level).extensions.filter(({ oid }) => oid !== OID.keyUsage),
    })),
    ...atEachLevel(
      'path.key_usage PATH_KEY_USAGE',
      'a keyUsage without keyCertSign',
      (level) => ({
        extensions: [...certificateOf(level).extensions.slice(0, 1), keyUsage([0, 6])],
      }),
      issuers,
    ),
    [
      'path.key_usage PATH_KEY_USAGE',
      'a leaf that may only sign certificates',
      at('leaf', { extensions: [leafExtensions[0] as ExtensionSpec, keyUsage([5])] }),
    ],
    [
      'path.key_usage PATH_KEY_USAGE',
      'a leaf for key agreement',
      at('leaf', { extensions: [leafExtensions[0] as ExtensionSpec, keyUsage([4])] }),
    ],

    ...atEachLevel('path.validity PATH_EXPIRED', 'an end a second ago', () => ({
      notAfter: Math.floor(madeAt / SECOND) * SECOND,
    })),
    ...atEachLevel('path.validity PATH_NOT_YET_VALID', 'a beginning a second ahead', () => ({
      notBefore: Math.floor(madeAt / SECOND) * SECOND + 2 * SECOND,
    })),

    ...atEachLevel(
      'path.signatures PATH_SIGNATURE',
      'a signature with one bit wrong',
      () => ({
        signature: 'flipped',
      }),
      below,
    ),
    ...atEachLevel(
      'path.signatures PATH_SIGNATURE',
      'a signature by another key',
      () => ({
        signedBy: 'stranger',
      }),
      below,
    ),
    ...atEachLevel(
      'path.signatures PATH_SIGNATURE',
      'a signature that is no ECDSA-Sig-Value',
      () => ({
        signature: new Uint8Array(96),
      }),
      below,
    ),
    ...atEachLevel(
      'path.signatures PATH_SIGNATURE',
      'a signature of zeros',
      () => ({
        signature: der.sequence(der.smallInteger(0), der.smallInteger(0)),
      }),
      below,
    ),
    [
      'path.signatures PATH_SIGNATURE',
      'an issuer of the same name with another key',
      at('instance', { key: 'stranger' }),
    ],
  ])('fails %s with %s', async (outcome, _what, changes) => {
    const { document } = issueDocument(documentWith(changes));
    // The root that is pinned has what its level is to have; where the fault is the root's own, it.
    const pinsItself = changes.certificates?.root !== undefined && !outcome.startsWith('path.root');
    const root = issueCertificate(
      certificateOf('root', pinsItself ? changes.certificates?.root : {}),
    );
    const verifier = createVerifier({ trustAnchors: [{ der: root }] });
    const report = await verifier.verify(document, acceptingPolicy);
    expect(outcomeOf(report)).toBe(outcome);
    expect(report.document).toBeDefined();
  });

  it('is refused by a verifier without roots', async () => {
    const verifier = createVerifier({ trustAnchors: [] });
    const report = await verifier.verify(issueDocument(documentWith()).document, acceptingPolicy);
    expect(outcomeOf(report)).toBe('path.root PATH_ROOT');
  });

  it('is accepted below any of several roots', async () => {
    const other = issueCertificate(certificateOf('root', { key: 'other', signedBy: 'other' }));
    const { document, path } = issueDocument(documentWith());
    const trustAnchors = [{ der: other }, { der: path[0] as Uint8Array }];
    const report = await createVerifier({ trustAnchors }).verify(document, acceptingPolicy);
    expect(outcomeOf(report)).toBe('trusted');
  });

  it('is judged alike by the portable engine', async () => {
    const faults: Changes[] = [
      {},
      { payload: { form: 'definite' } },
      at('zonal', { signature: 'flipped' }),
      at('leaf', { spki: spkiOf('P-256') }),
      { envelope: { signature: 'flipped' } },
    ];
    for (const changes of faults) {
      const { document, path } = issueDocument(documentWith(changes));
      const trustAnchors = [{ der: path[0] as Uint8Array }];
      const portable = createVerifier({ trustAnchors, engine: createNobleEngine() });
      const report = await portable.verify(document, acceptingPolicy);
      expect(report.checks).toEqual((await judge(documentWith(changes))).checks);
    }
  });
});

describe('the validity of a path, to the millisecond', () => {
  const { notBefore, notAfter } = certificateOf('leaf');
  const spec = documentWith();
  const outcomeAt = async (now: number) =>
    outcomeOf(
      await judge(spec, {
        clock: { mode: 'live', now: () => now, maxAgeSeconds: 1e6, skewSeconds: 1e6 },
      }),
    );

  it.each([
    [notBefore - 1, 'path.validity PATH_NOT_YET_VALID'],
    [notBefore, 'trusted'],
    [notAfter, 'trusted'],
    [notAfter + 999, 'trusted'],
    [notAfter + 1000, 'path.validity PATH_EXPIRED'],
  ])('at %d: %s', async (now, outcome) => {
    expect(await outcomeAt(now)).toBe(outcome);
  });

  it('says by how much a clock is behind, which is another fault than an expired certificate', async () => {
    const clock = {
      mode: 'live',
      now: () => notBefore - 4000,
      maxAgeSeconds: 1,
      skewSeconds: 1e6,
    } as const;
    const report = await judge(spec, { clock });
    expect(report.failure?.code).toBe('PATH_NOT_YET_VALID');
    expect(report.failure?.message).toContain('4 s');
  });
});
