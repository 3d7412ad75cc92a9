import type { CryptoEngine } from '../crypto/engine.ts';
import { encodeHex } from '../encoding.ts';
import { BrokerError } from '../errors.ts';
import {
  checkValidity,
  openPath,
  type PinnedRoot,
  pathInputOf,
  pathInputRules,
  verifySignatures,
} from './certificate-path.ts';
import { type Finding, falsified } from './check.ts';
import {
  type CoseSign1,
  checkSize,
  coseSign1Of,
  encodeSigStructure,
  envelopeRules,
  parseItems,
} from './cose-sign1.ts';
import type { AttestationDocument } from './document.ts';
import type { CertificatePath, PathCertificate } from './path-certificate.ts';
import { pathRules } from './path-rules.ts';
import { documentOf, parsePayloadMap, payloadRules } from './payload.ts';
import { type AttestationPolicy, checkPolicyIsComplete, timeOfJudgement } from './policy.ts';
import { evaluatePolicy } from './policy-checks.ts';
import { ProvenCertificates } from './proven-certificates.ts';
import { type AttestationReport, ReportBuilder } from './report.ts';
import type { TrustAnchor } from './trust-anchor.ts';

/** Enough for the bundles of some hundred parent instances with a few enclaves each. */
const DEFAULT_CACHED_CERTIFICATES = 2048;

export interface VerifierOptions {
  readonly engine: CryptoEngine;
  /** The roots to trust, by their bytes. */
  readonly trustAnchors: readonly TrustAnchor[];
  /** How many certificates with a proven path are kept, so that they are not verified again. */
  readonly cachedCertificates?: number;
}

export interface AttestationVerifier {
  /**
   * Judges a document and reports every check. A document that is not trusted is not an error.
   *
   * @throws {ConfigError} POLICY_INCOMPLETE if the policy leaves something open.
   */
  verify(document: Uint8Array, policy: AttestationPolicy): Promise<AttestationReport>;

  /**
   * The document, if it is trusted.
   *
   * @throws {FormatError | VerificationError | PolicyError} the first check that failed.
   * @throws {ConfigError} POLICY_INCOMPLETE
   */
  verifyOrThrow(document: Uint8Array, policy: AttestationPolicy): Promise<AttestationDocument>;
}

export function createVerifier(options: VerifierOptions): AttestationVerifier {
  const { engine, trustAnchors } = options;
  const context: VerifierContext = {
    engine,
    roots: trustAnchors.map(({ der }) => ({
      der: new Uint8Array(der),
      fingerprint: encodeHex(engine.sha256(der)),
    })),
    proven: new ProvenCertificates(options.cachedCertificates ?? DEFAULT_CACHED_CERTIFICATES),
  };
  const verify: AttestationVerifier['verify'] = async (bytes, policy) => {
    checkPolicyIsComplete(policy);
    const report = new ReportBuilder();
    try {
      const { sign1, document } = parseDocument(bytes, report);
      report.document = document;
      const time = timeOfJudgement(policy.clock, document);
      const path = readPath(document, context, report);
      const leaf = path.at(-1) as PathCertificate;
      const start = () => startSignatures({ path, leaf, sign1 }, engine);
      // Junk is refused before any signature is verified. A path that was proven has met the rules
      // before, so they are judged again while the thread pool is at work.
      const early = leaf.proven ? start() : undefined;
      report.rules(pathRules, path);
      report.check('path.validity', () => checkValidity(path, time));
      const signatures = early ?? start();
      const { results, failure } = evaluatePolicy({ document, leaf, time }, policy, engine);
      judgeSignatures(await signatures, report);
      if (!leaf.proven) context.proven.add(path);
      return report.finish(policy, results, failure);
    } catch (error) {
      if (error instanceof BrokerError && report.refused(error))
        return report.finish(policy, [], error);
      throw error;
    }
  };
  return {
    verify,
    async verifyOrThrow(bytes, policy) {
      const report = await verify(bytes, policy);
      if (report.failure !== undefined) throw report.failure;
      return report.document as AttestationDocument;
    },
  };
}

/** What a verifier keeps from one document to the next. */
interface VerifierContext {
  readonly engine: CryptoEngine;
  readonly roots: readonly PinnedRoot[];
  readonly proven: ProvenCertificates;
}

/** Decodes a document by the rules of its syntax. Nothing in it is verified. */
export function parseAttestationDocument(bytes: Uint8Array): AttestationDocument {
  return parseDocument(bytes, new ReportBuilder()).document;
}

function parseDocument(
  bytes: Uint8Array,
  report: ReportBuilder,
): { sign1: CoseSign1; document: AttestationDocument } {
  report.check('envelope.size', () => checkSize(bytes));
  const items = report.value('envelope.structure', () => parseItems(bytes)).items;
  report.rules(envelopeRules, items);
  const sign1 = coseSign1Of(items);
  const { map } = report.value('payload.structure', () => parsePayloadMap(sign1.payload));
  report.rules(payloadRules, map);
  return { sign1, document: documentOf(map) };
}

function readPath(
  document: AttestationDocument,
  context: VerifierContext,
  report: ReportBuilder,
): CertificatePath {
  const input = pathInputOf(document, context);
  report.rules(pathInputRules, input);
  return report.value('path.certificates', () => openPath(input, context.proven)).path;
}

/** What came of the signatures; a fault of the engine is kept until the report has reached them. */
type Signatures = [PromiseSettledResult<Finding>, PromiseSettledResult<boolean>];

/** Certificates and document are verified at once, so that a thread pool can share the work. */
function startSignatures(
  { path, leaf, sign1 }: { path: CertificatePath; leaf: PathCertificate; sign1: CoseSign1 },
  engine: CryptoEngine,
): Promise<Signatures> {
  return Promise.allSettled([
    verifySignatures(path, engine),
    engine.verifyP384(leaf.key, encodeSigStructure(sign1), sign1.signature),
  ]);
}

function judgeSignatures([ofPath, ofDocument]: Signatures, report: ReportBuilder): void {
  report.check('path.signatures', () => settled(ofPath));
  report.check('signature', () => judgeSignature(settled(ofDocument)));
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function judgeSignature(holds: boolean): Finding {
  const expected = 'a signature by the key of the leaf certificate';
  if (!holds) {
    throw falsified('COSE_SIGNATURE', {
      expected,
      actual: 'a signature that does not hold',
      message: 'The document was changed, or was not signed by the key of its leaf certificate.',
    });
  }
  return {
    expected,
    actual: expected,
    message: 'The document is signed by the key of its leaf certificate.',
  };
}
