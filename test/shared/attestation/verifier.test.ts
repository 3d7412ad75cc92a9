import { describe, expect, it } from 'vitest';
import {
  type DocumentSpec,
  issueDocument,
} from '../../../scripts/fixtures/attestation-authority.ts';
import {
  acceptingPolicy,
  certificateOf,
  documentWith,
  type Level,
  madeAt,
  moduleId,
} from '../../../scripts/fixtures/attestation-documents.ts';
import {
  type AttestationPolicy,
  CHECK_IDS,
  type CryptoEngine,
  createNodeEngine,
  createVerifier,
  parseAttestationDocument,
} from '../../../shared/attestation/node.ts';
import { createNobleEngine } from '../../../shared/crypto/noble.ts';
import { PolicyError, VerificationError } from '../../../shared/errors.ts';
import { codeOf } from '../../support/codes.ts';
import { judge, outcomeOf } from '../../support/judge.ts';

const spec = documentWith();
const { document, path } = issueDocument(spec);
const root = { der: path[0] as Uint8Array };

/** Counts the verifications that an engine is asked for. */
function countingEngine(): CryptoEngine & { taken(): number } {
  let calls = 0;
  const engine = createNodeEngine();
  return {
    ...engine,
    verifyP384(...parameters) {
      calls += 1;
      return engine.verifyP384(...parameters);
    },
    taken() {
      const taken = calls;
      calls = 0;
      return taken;
    },
  };
}

describe.each([createNodeEngine(), createNobleEngine()])('a verifier on $name', (engine) => {
  it.each(['definite', 'indefinite'] as const)('trusts a document of %s form', async (form) => {
    const issued = issueDocument(documentWith({ payload: { form } }));
    const report = await createVerifier({ engine, trustAnchors: [root] }).verify(
      issued.document,
      acceptingPolicy,
    );
    expect(outcomeOf(report)).toBe('trusted');
  });
});

describe('a report', () => {
  const every: AttestationPolicy = {
    ...acceptingPolicy,
    publicKey: new Uint8Array(1),
    userData: new Uint8Array(1),
    clientBinding: {
      purpose: 'client',
      binding: new Uint8Array(1),
      configHash: new Uint8Array(32),
      data: new Uint8Array(1),
    },
    moduleId,
    instanceId: 'i-0',
    roleArn: 'arn',
    signingCertificate: new Uint8Array(1),
  };

  it('lists every check that the policy asks for, in their order', async () => {
    const ids = (await judge(spec, every)).checks.map(({ id }) => id);
    expect(ids).toEqual(CHECK_IDS);
  });

  it.each([
    ['envelope', { envelope: { prefix: 'd2d2' } }],
    ['payload', { fields: { digest: 'SHA512' } }],
    ['path', { certificates: { zonal: { issuer: [] } } }],
    ['signature', { envelope: { signature: 'flipped' } }],
  ] as const)('stops at the first check of the %s that fails', async (_stage, changes) => {
    const { checks, failure } = await judge(documentWith(changes), every);
    expect(checks.map(({ id }) => id)).toEqual(CHECK_IDS);
    const at = checks.findIndex(({ verdict }) => verdict === 'failed');
    expect(checks[at]?.code).toBe(failure?.code);
    expect(new Set(checks.slice(0, at).map(({ verdict }) => verdict))).toEqual(new Set(['passed']));
    expect(new Set(checks.slice(at + 1).map(({ verdict }) => verdict))).toEqual(
      new Set(['not reached']),
    );
  });

  it('leaves out the checks that the policy does not ask for, wherever it stops', async () => {
    const optional =
      /^policy\.(public_key|user_data|client_binding|config_hash|client_data|module_id|instance_id|role|signing_certificate)$/;
    for (const changes of [{}, { envelope: { suffix: '00' } }]) {
      const { checks } = await judge(documentWith(changes));
      expect(checks.filter(({ id }) => optional.test(id))).toEqual([]);
    }
  });

  it('carries the document once its syntax holds, and never before', async () => {
    expect((await judge(documentWith({ fields: { nonce: 1 } }))).document).toBeUndefined();
    expect(
      (await judge(documentWith({ envelope: { signature: 'flipped' } }))).document,
    ).toBeDefined();
    expect((await judge(spec)).document).toEqual(parseAttestationDocument(document));
  });

  it('says of the historic mode that freshness was not established', async () => {
    const report = await judge(spec, { clock: { mode: 'historic' } });
    expect(report.verdict).toBe('trusted');
    const freshness = report.checks.find(({ id }) => id === 'policy.freshness');
    expect(freshness).toMatchObject({
      verdict: 'not reached',
      message: expect.stringMatching(/not established/),
    });
  });

  it('judges in the historic mode by certificates at the time of the document', async () => {
    const long = {
      notBefore: certificateOf('leaf').notBefore,
      notAfter: madeAt - (madeAt % 1000) - 1000,
    };
    const report = await judge(documentWith({ certificates: { leaf: long } }), {
      clock: { mode: 'historic' },
    });
    expect(outcomeOf(report)).toBe('path.validity PATH_EXPIRED');
  });

  it('reads the live clock once, and not at all in the historic mode', async () => {
    let reads = 0;
    const now = () => {
      reads += 1;
      return madeAt;
    };
    await judge(spec, { clock: { mode: 'live', now, maxAgeSeconds: 1, skewSeconds: 0 } });
    expect(reads).toBe(1);
  });

  it('is about the bytes at the time of the call', async () => {
    const bytes = document.slice();
    const verdict = createVerifier({ trustAnchors: [root] }).verify(bytes, acceptingPolicy);
    bytes.fill(0);
    const report = await verdict;
    expect(report.verdict).toBe('trusted');
    expect(report.document?.moduleId).toBe(moduleId);
  });
});

it.each<[what: string, given: unknown]>([
  ['an ArrayBuffer, as fetch gives', Uint8Array.from(document).buffer],
  ['base64', Buffer.from(document).toString('base64')],
  ['a list of numbers', [...document]],
  ['words of 16 bits', Uint16Array.from(document)],
  ['an object', {}],
  ['null', null],
  ['nothing', undefined],
])('a document given as %s is refused by its size', async (_what, given) => {
  const verifier = createVerifier({ trustAnchors: [root] });
  const report = await verifier.verify(given as Uint8Array, acceptingPolicy);
  expect(outcomeOf(report)).toBe('envelope.size COSE_SIZE');
  expect(codeOf(() => parseAttestationDocument(given as Uint8Array))).toBe('COSE_SIZE');
});

describe('verifyOrThrow', () => {
  const verifier = createVerifier({ trustAnchors: [root] });

  it('returns a trusted document', async () => {
    const trusted = await verifier.verifyOrThrow(document, acceptingPolicy);
    expect(trusted).toEqual(parseAttestationDocument(document));
  });

  it('throws the first failure, by its family', async () => {
    const stale = { ...acceptingPolicy, nonce: new Uint8Array(1), moduleId: 'i-0' };
    await expect(verifier.verifyOrThrow(document, stale)).rejects.toThrow(PolicyError);
    await expect(verifier.verifyOrThrow(document, stale)).rejects.toMatchObject({
      code: 'POLICY_NONCE',
    });
    const forged = issueDocument(documentWith({ envelope: { signature: 'flipped' } })).document;
    await expect(verifier.verifyOrThrow(forged, acceptingPolicy)).rejects.toThrow(
      VerificationError,
    );
  });
});

describe('parseAttestationDocument', () => {
  it('refuses wrong syntax with a code', () => {
    expect(codeOf(() => parseAttestationDocument(new Uint8Array(0)))).toBe('COSE_SIZE');
    const wrong = issueDocument(documentWith({ fields: { digest: 'SHA1' } })).document;
    expect(codeOf(() => parseAttestationDocument(wrong))).toBe('DOCUMENT_DIGEST');
  });
});

describe('the cache of proven paths', () => {
  const second = issueDocument(
    documentWith({ fields: { nonce: new TextEncoder().encode('two') } }),
  );
  const anyNonce: AttestationPolicy = { ...acceptingPolicy, nonce: { waived: 'counting' } };
  const leafNamed = (label: string) => ({ certificates: { leaf: { key: label } } });
  const issue = (changes: Parameters<typeof documentWith>[0]) =>
    issueDocument(documentWith(changes)).document;

  function counting(cachedCertificates?: number) {
    const engine = countingEngine();
    const verifier = createVerifier({
      engine,
      trustAnchors: [root],
      ...(cachedCertificates === undefined ? {} : { cachedCertificates }),
    });
    return async (bytes: Uint8Array, policy = anyNonce) => {
      const report = await verifier.verify(bytes, policy);
      return [outcomeOf(report), engine.taken()] as const;
    };
  }

  it('costs five verifications at first, one for the next document, two for a new leaf', async () => {
    const verify = counting();
    expect(await verify(document)).toEqual(['trusted', 5]);
    expect(await verify(second.document)).toEqual(['trusted', 1]);
    expect(await verify(issue(leafNamed('another leaf')))).toEqual(['trusted', 2]);
    expect(await verify(document)).toEqual(['trusted', 1]);
  });

  it('refuses a path that is not proven before it verifies any signature', async () => {
    const verify = counting();
    const { notAfter } = certificateOf('leaf');
    const late: AttestationPolicy = {
      ...anyNonce,
      clock: { mode: 'live', now: () => notAfter + 1000, maxAgeSeconds: 1e6, skewSeconds: 1e6 },
    };
    expect(await verify(document, late)).toEqual(['path.validity PATH_EXPIRED', 0]);
  });

  it('never holds the signature of a document', async () => {
    const verify = counting();
    await verify(document);
    const forged = issue({ envelope: { signature: 'flipped' } });
    expect(await verify(forged)).toEqual(['signature COSE_SIGNATURE', 1]);
    expect(await verify(forged)).toEqual(['signature COSE_SIGNATURE', 1]);
  });

  it('never holds a verdict of the policy', async () => {
    const verify = counting();
    await verify(document);
    const [outcome] = await verify(document, { ...anyNonce, moduleId: 'i-0' });
    expect(outcome).toBe('policy.module_id POLICY_MODULE_ID');
  });

  it('judges the validity of a path that it holds again', async () => {
    const verify = counting();
    await verify(document);
    const at = (now: number): AttestationPolicy => ({
      ...anyNonce,
      clock: { mode: 'live', now: () => now, maxAgeSeconds: 1e6, skewSeconds: 1e6 },
    });
    const { notBefore, notAfter } = certificateOf('leaf');
    // The signature of the document is under way while the validity is judged.
    expect(await verify(document, at(notAfter + 1000))).toEqual(['path.validity PATH_EXPIRED', 1]);
    expect(await verify(document, at(notBefore - 1))).toEqual([
      'path.validity PATH_NOT_YET_VALID',
      1,
    ]);
    expect(await verify(document, at(notAfter))).toEqual(['trusted', 1]);
  });

  it.each<Level>(['regional', 'zonal', 'instance', 'leaf'])(
    'holds nothing of a path that is wrong at the %s',
    async (level) => {
      const verify = counting();
      const forged = issue({ certificates: { [level]: { signature: 'flipped' } } });
      expect(await verify(forged)).toEqual(['path.signatures PATH_SIGNATURE', 5]);
      expect(await verify(forged)).toEqual(['path.signatures PATH_SIGNATURE', 5]);
      expect(await verify(document)).toEqual(['trusted', 5]);
      const [outcome] = await verify(forged);
      expect(outcome).toBe('path.signatures PATH_SIGNATURE');
    },
  );

  it('holds nothing of a path under a document that is not signed by its leaf', async () => {
    const verify = counting();
    expect(await verify(issue({ envelope: { signature: 'flipped' } }))).toEqual([
      'signature COSE_SIGNATURE',
      5,
    ]);
    expect(await verify(document)).toEqual(['trusted', 5]);
  });

  it('takes a certificate for proven only below the issuers that it was proven with', async () => {
    const verify = counting();
    await verify(document);
    // The same bytes of a leaf, with another certificate of the same name above them.
    const moved = issue({ certificates: { instance: { key: 'stranger' } } });
    expect(await verify(moved)).toEqual(['path.signatures PATH_SIGNATURE', 3]);
  });

  it('holds no more certificates than it was told to, the newest', async () => {
    const verify = counting(5);
    await verify(document);
    expect(await verify(document)).toEqual(['trusted', 1]);
    // Root to instance are used again and stay; the older leaf makes room.
    expect(await verify(issue(leafNamed('a')))).toEqual(['trusted', 2]);
    expect(await verify(issue(leafNamed('a')))).toEqual(['trusted', 1]);
    expect(await verify(document)).toEqual(['trusted', 2]);
  });

  it('can be told to hold none', async () => {
    const verify = counting(0);
    await verify(document);
    expect(await verify(document)).toEqual(['trusted', 5]);
  });

  it('serves verifications that run at once', async () => {
    const engine = countingEngine();
    const verifier = createVerifier({ engine, trustAnchors: [root] });
    const specs: DocumentSpec[] = Array.from({ length: 8 }, (_, index) =>
      documentWith({ envelope: { signature: index % 2 === 0 ? 'raw' : 'flipped' } }),
    );
    const reports = await Promise.all(
      specs.map((each) => verifier.verify(issueDocument(each).document, anyNonce)),
    );
    expect(reports.map(({ verdict }) => verdict)).toEqual(
      specs.map((_, index) => (index % 2 === 0 ? 'trusted' : 'untrusted')),
    );
  });
});
