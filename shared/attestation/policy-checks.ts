import type { CryptoEngine } from '../crypto/engine.ts';
import { encodeHex, equalBytes } from '../encoding.ts';
import { BrokerError } from '../errors.ts';
import { isValidAt } from './certificate.ts';
import {
  type CheckId,
  type CheckResult,
  type Finding,
  failed,
  notReached,
  passed,
  unaccepted,
} from './check.ts';
import { checkClientBinding, checkClientData, checkConfigHash } from './client-binding-checks.ts';
import type { AttestationDocument, Pcrs } from './document.ts';
import { isoTime } from './iso-time.ts';
import type { PathCertificate } from './path-certificate.ts';
import {
  IMAGE_REGISTERS,
  pcrOfInstance,
  pcrOfRole,
  pcrOfSigningCertificate,
  showDebugMode,
} from './pcr.ts';
import { type AttestationPolicy, isWaived, type LiveClock } from './policy.ts';

/** A document whose signature holds, with the leaf that signed it. */
export interface Evidence {
  readonly document: AttestationDocument;
  readonly leaf: PathCertificate;
  /** When the judgement is made, milliseconds since the epoch. */
  readonly time: number;
}

/** Checks that are made only if the policy has the member. */
export const OPTIONAL_CHECKS: ReadonlyMap<CheckId, keyof AttestationPolicy> = new Map([
  ['policy.public_key', 'publicKey'],
  ['policy.user_data', 'userData'],
  ['policy.client_binding', 'clientBinding'],
  ['policy.config_hash', 'clientBinding'],
  ['policy.client_data', 'clientBinding'],
  ['policy.module_id', 'moduleId'],
  ['policy.instance_id', 'instanceId'],
  ['policy.role', 'roleArn'],
  ['policy.signing_certificate', 'signingCertificate'],
]);

/** A policy check either finds something, throws a PolicyError, or says why it was not made. */
type PolicyCheck = () => Finding | { readonly notJudged: string };

/**
 * Compares true evidence with what the caller expects. Every check runs, so that the report names
 * all that differs.
 */
export function evaluatePolicy(
  evidence: Evidence,
  policy: AttestationPolicy,
  engine: CryptoEngine,
): { results: readonly CheckResult[]; failure: BrokerError | undefined } {
  const results: CheckResult[] = [];
  let failure: BrokerError | undefined;
  for (const [id, check] of policyChecks(evidence, policy, engine)) {
    try {
      const found = check();
      results.push('notJudged' in found ? notReached(id, found.notJudged) : passed(id, found));
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      results.push(failed(id, error));
      failure ??= error;
    }
  }
  return { results, failure };
}

function policyChecks(
  evidence: Evidence,
  policy: AttestationPolicy,
  engine: CryptoEngine,
): ReadonlyArray<readonly [CheckId, PolicyCheck]> {
  const { document } = evidence;
  const checks: Array<readonly [CheckId, PolicyCheck]> = [
    ['policy.issued_within_leaf', () => checkIssuedWithinLeaf(evidence)],
    ['policy.freshness', () => checkFreshness(evidence, policy.clock)],
    ['policy.debug', () => checkDebug(document, policy)],
    ['policy.measurements', () => checkMeasurements(document, policy)],
    ['policy.nonce', () => checkNonce(document, policy, engine)],
  ];
  const { publicKey, userData, clientBinding, moduleId, instanceId, roleArn, signingCertificate } =
    policy;
  if (publicKey !== undefined) {
    checks.push([
      'policy.public_key',
      () => checkField('public_key', document.publicKey, publicKey, engine),
    ]);
  }
  if (userData !== undefined) {
    checks.push([
      'policy.user_data',
      () => checkField('user_data', document.userData, userData, engine),
    ]);
  }
  if (clientBinding !== undefined) {
    checks.push(
      ['policy.client_binding', () => checkClientBinding(document, clientBinding, engine)],
      ['policy.config_hash', () => checkConfigHash(clientBinding, engine)],
      ['policy.client_data', () => checkClientData(clientBinding, engine)],
    );
  }
  if (moduleId !== undefined) {
    checks.push(['policy.module_id', () => checkModuleId(document, moduleId)]);
  }
  if (instanceId !== undefined) {
    const expected = pcrOfInstance(engine, instanceId);
    checks.push(['policy.instance_id', () => checkRegister(document, 4, expected)]);
  }
  if (roleArn !== undefined) {
    const expected = pcrOfRole(engine, roleArn);
    checks.push(['policy.role', () => checkRegister(document, 3, expected)]);
  }
  if (signingCertificate !== undefined) {
    const expected = pcrOfSigningCertificate(engine, signingCertificate);
    checks.push(['policy.signing_certificate', () => checkRegister(document, 8, expected)]);
  }
  return checks;
}

function checkIssuedWithinLeaf({ document, leaf }: Evidence): Finding {
  const { notBefore, notAfter } = leaf.certificate;
  const finding = {
    expected: `${isoTime(notBefore)} to ${isoTime(notAfter)}`,
    actual: isoTime(document.timestamp),
    message: 'The document was made while its leaf certificate was valid.',
  };
  if (!isValidAt(leaf.certificate, document.timestamp)) {
    throw unaccepted('POLICY_ISSUED_OUTSIDE_LEAF', {
      ...finding,
      message: 'The document says that it was made while its leaf certificate was not valid.',
    });
  }
  return finding;
}

function checkFreshness(
  { document, time }: Evidence,
  clock: AttestationPolicy['clock'],
): Finding | { notJudged: string } {
  if (clock.mode === 'historic') {
    return { notJudged: "Freshness was not established: judged at the document's own time." };
  }
  return checkAge(time - document.timestamp, clock);
}

function checkAge(age: number, clock: LiveClock): Finding {
  const finding = {
    expected: `at most ${clock.maxAgeSeconds} s old, at most ${clock.skewSeconds} s ahead`,
    actual: age < 0 ? `${-age / 1000} s ahead` : `${age / 1000} s old`,
    message: 'The document is recent.',
  };
  if (age > clock.maxAgeSeconds * 1000) {
    throw unaccepted('POLICY_TOO_OLD', { ...finding, message: 'The document is too old.' });
  }
  if (-age > clock.skewSeconds * 1000) {
    throw unaccepted('POLICY_FROM_FUTURE', {
      ...finding,
      message: 'The document is from the future: the clock of this verifier is behind.',
    });
  }
  return finding;
}

function checkDebug(document: AttestationDocument, policy: AttestationPolicy): Finding {
  const expected = policy.debug === 'allowed' ? 'debug mode or not' : 'no debug mode';
  if (document.kind === 'nitrotpm') {
    return { expected, actual: 'no such mode', message: 'NitroTPM has no debug mode.' };
  }
  const debug = showDebugMode(document.pcrs);
  const unmeasured = IMAGE_REGISTERS.find((index) => !document.pcrs.has(index));
  const finding = {
    expected,
    actual: debug ? 'PCR0, PCR1 or PCR2 is all zero' : 'PCR0, PCR1 and PCR2 are measured',
    message: debug
      ? 'A debug enclave, allowed by name.'
      : 'The enclave does not run in debug mode.',
  };
  if (policy.debug === 'allowed') return finding;
  if (unmeasured !== undefined) {
    throw unaccepted('POLICY_DEBUG', {
      ...finding,
      actual: `no PCR${unmeasured}`,
      message: `The document has no PCR${unmeasured}, so debug mode cannot be ruled out.`,
    });
  }
  if (debug) {
    throw unaccepted('POLICY_DEBUG', {
      ...finding,
      message: 'The enclave runs in debug mode: its parent can read its console.',
    });
  }
  if (acceptedSets(document, policy).some(showDebugMode)) {
    throw unaccepted('POLICY_DEBUG', {
      ...finding,
      actual: 'an all-zero PCR0, PCR1 or PCR2 among the expected measurements',
      message: 'The expected measurements are those of debug mode, which the policy refuses.',
    });
  }
  return finding;
}

function acceptedSets(document: AttestationDocument, policy: AttestationPolicy): readonly Pcrs[] {
  const { measurements } = policy;
  return isWaived(measurements) ? [] : (measurements[document.kind] ?? []);
}

function checkMeasurements(
  document: AttestationDocument,
  policy: AttestationPolicy,
): Finding | { notJudged: string } {
  if (isWaived(policy.measurements)) {
    return { notJudged: `Waived by the caller: ${policy.measurements.waived}` };
  }
  const sets = acceptedSets(document, policy);
  if (sets.length === 0) {
    const kinds = Object.keys(policy.measurements).join(', ');
    throw unaccepted('POLICY_KIND', {
      expected: `a document of kind ${kinds}`,
      actual: document.kind,
      message: `No measurements are accepted from a document of kind ${document.kind}.`,
    });
  }
  const closest = sets
    .map((set) => [...set].filter(([index, value]) => !matches(document, index, value)))
    .reduce((best, differing) => (differing.length < best.length ? differing : best));
  if (closest.length === 0) {
    const named = sets.length === 1 ? 'the accepted set' : `one of ${sets.length} accepted sets`;
    return {
      expected: named,
      actual: named,
      message: `The measurements are those of ${named}.`,
    };
  }
  throw unaccepted('POLICY_MEASUREMENTS', {
    expected: closest.map(([index, value]) => `PCR${index}=${encodeHex(value)}`).join(' '),
    actual: closest.map(([index]) => `PCR${index}=${registerHex(document, index)}`).join(' '),
    message: `The measurements differ from the closest accepted set in ${closest.map(([index]) => `PCR${index}`).join(', ')}.`,
  });
}

function checkNonce(
  document: AttestationDocument,
  { nonce }: AttestationPolicy,
  engine: CryptoEngine,
): Finding | { notJudged: string } {
  if (!(nonce instanceof Uint8Array)) return { notJudged: `Waived by the caller: ${nonce.waived}` };
  return checkField('nonce', document.nonce, nonce, engine);
}

const FIELD_CODES = {
  nonce: 'POLICY_NONCE',
  public_key: 'POLICY_PUBLIC_KEY',
  user_data: 'POLICY_USER_DATA',
} as const;

function checkField(
  field: keyof typeof FIELD_CODES,
  actual: Uint8Array | undefined,
  expected: Uint8Array,
  engine: CryptoEngine,
): Finding {
  const finding = {
    expected: encodeHex(expected),
    actual: actual === undefined ? 'null' : encodeHex(actual),
    message: `${field} is the value expected.`,
  };
  if (actual === undefined || !engine.equal(actual, expected)) {
    throw unaccepted(FIELD_CODES[field], {
      ...finding,
      message: `${field} is not the value expected.`,
    });
  }
  return finding;
}

function checkModuleId(document: AttestationDocument, expected: string): Finding {
  const finding = { expected, actual: document.moduleId, message: 'It is the module expected.' };
  if (document.moduleId !== expected) {
    throw unaccepted('POLICY_MODULE_ID', { ...finding, message: 'It is another module.' });
  }
  return finding;
}

const REGISTER_CODES = {
  3: 'POLICY_ROLE',
  4: 'POLICY_INSTANCE_ID',
  8: 'POLICY_SIGNING_CERTIFICATE',
} as const;

/** Roles, instances and signers are in enclave registers: the same index means else in a TPM. */
function checkRegister(
  document: AttestationDocument,
  index: keyof typeof REGISTER_CODES,
  expected: Uint8Array,
): Finding {
  const finding = {
    expected: `enclave PCR${index}=${encodeHex(expected)}`,
    actual: `${document.kind} PCR${index}=${registerHex(document, index)}`,
    message: `PCR${index} is the value expected.`,
  };
  if (document.kind !== 'enclave' || !matches(document, index, expected)) {
    throw unaccepted(REGISTER_CODES[index], {
      ...finding,
      message: `PCR${index} is not the value expected.`,
    });
  }
  return finding;
}

function matches(document: AttestationDocument, index: number, expected: Uint8Array): boolean {
  const actual = document.pcrs.get(index);
  return actual !== undefined && equalBytes(actual, expected);
}

function registerHex(document: AttestationDocument, index: number): string {
  const value = document.pcrs.get(index);
  return value === undefined ? 'absent' : encodeHex(value);
}
