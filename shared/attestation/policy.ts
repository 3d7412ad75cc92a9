import { ConfigError } from '../errors.ts';
import { type BindingPurpose, CONFIG_HASH_BYTES } from './client-binding.ts';
import type { AttestationDocument, Pcrs } from './document.ts';

const PCR_BYTES = 48;
const MAX_PCR_INDEX = 31;
/** ECMAScript's last time: beyond it a Date has no ISO form. */
const LAST_TIME = 8.64e15;

/** Judges now: for every decision about a live peer. */
export interface LiveClock {
  readonly mode: 'live';
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** How old the document may be. */
  readonly maxAgeSeconds: number;
  /** How far the document's time may be ahead of `now`. Never extends a certificate's validity. */
  readonly skewSeconds: number;
}

/** Judges at the document's own time: for archives. Says nothing about freshness. */
export interface HistoricClock {
  readonly mode: 'historic';
}

/** The caller decides not to check, and says why; the report repeats it. */
export interface Waived {
  readonly waived: string;
}

/**
 * What was measured must be one of these sets: several for a roll-out. In a set, every register
 * named must be in the document with that value. A kind without sets is not accepted at all.
 */
export interface ExpectedMeasurements {
  readonly enclave?: readonly Pcrs[];
  readonly nitrotpm?: readonly Pcrs[];
}

/** What a document that was made for a client is bound to: see docs/client-attestation.md. */
export interface ExpectedClientBinding {
  /** Who gave the data: this client, or a program in the enclave. */
  readonly purpose: BindingPurpose;
  /** The structure as it came beside the document, or as the client encodes it itself. */
  readonly binding: Uint8Array;
  /** Of the configuration that the enclave runs. The image's measurements cover it as well. */
  readonly configHash: Uint8Array | Waived;
  /** What was sent with the nonce; empty if nothing was. */
  readonly data: Uint8Array;
}

/**
 * What the caller expects. Nothing here has a default: an absent expectation is an error, never a
 * pass.
 */
export interface AttestationPolicy {
  readonly clock: LiveClock | HistoricClock;
  readonly measurements: ExpectedMeasurements | Waived;
  /** The value that this verifier issued for this one exchange. */
  readonly nonce: Uint8Array | Waived;
  /** A debug enclave can be read by its parent: PCR0, PCR1 or PCR2 is all zero. */
  readonly debug: 'refused' | 'allowed';

  /** Compared when given. An enclave's identity is in its measurements, not in these. */
  readonly publicKey?: Uint8Array;
  readonly userData?: Uint8Array;
  /** The user_data is recomputed from it. */
  readonly clientBinding?: ExpectedClientBinding;
  readonly moduleId?: string;
  /** PCR4 of an enclave: the id of the parent instance, `i-...`. */
  readonly instanceId?: string;
  /** PCR3 of an enclave: the ARN of the parent instance's role (not of its instance profile). */
  readonly roleArn?: string;
  /** PCR8 of an enclave: the certificate that signed its image, in DER. */
  readonly signingCertificate?: Uint8Array;
}

export function isWaived(expectation: object): expectation is Waived {
  return 'waived' in expectation;
}

/**
 * Refuses a policy that leaves something open: callers are not all held by the type checker.
 *
 * @throws {ConfigError} POLICY_INCOMPLETE
 */
export function checkPolicyIsComplete(policy: AttestationPolicy): void {
  if (typeof policy !== 'object' || policy === null) throw incomplete('to be an object');
  checkClock(policy.clock);
  checkMeasurements(policy.measurements);
  if (!(policy.nonce instanceof Uint8Array)) {
    checkWaiver(policy.nonce, 'nonce: an expected value or { waived: reason }');
  } else if (policy.nonce.length === 0) {
    throw incomplete('nonce: a value of at least one byte');
  }
  if (policy.debug !== 'refused' && policy.debug !== 'allowed') {
    throw incomplete("debug: 'refused' or 'allowed'");
  }
  if ('clientBinding' in policy) {
    checkClientBinding(policy.clientBinding as ExpectedClientBinding);
  }
  for (const [member, value] of Object.entries(policy)) checkMember(member, value);
}

/**
 * When the judgement is made, in milliseconds since the epoch.
 *
 * @throws {ConfigError} POLICY_INCOMPLETE if the caller's clock gives no time.
 */
export function timeOfJudgement(
  clock: AttestationPolicy['clock'],
  document: AttestationDocument,
): number {
  if (clock.mode === 'historic') return document.timestamp;
  const now = clock.now();
  if (!(Number.isFinite(now) && now >= 0 && now <= LAST_TIME)) {
    throw incomplete('clock.now: a function that returns milliseconds since 1970');
  }
  return now;
}

function checkClock(clock: AttestationPolicy['clock'] | undefined): void {
  if (clock?.mode === 'historic') return;
  if (clock?.mode !== 'live') throw incomplete("clock: mode 'live' or 'historic'");
  if (typeof clock.now !== 'function') throw incomplete('clock.now: a function');
  if (!(clock.maxAgeSeconds > 0 && Number.isFinite(clock.maxAgeSeconds))) {
    throw incomplete('clock.maxAgeSeconds: a number of seconds above 0');
  }
  if (!(clock.skewSeconds >= 0 && Number.isFinite(clock.skewSeconds))) {
    throw incomplete('clock.skewSeconds: a number of seconds from 0');
  }
}

function checkMeasurements(measurements: AttestationPolicy['measurements'] | undefined): void {
  const wanted = 'measurements: non-empty sets of registers of 48 bytes, or { waived: reason }';
  if (typeof measurements !== 'object' || measurements === null) throw incomplete(wanted);
  if (isWaived(measurements)) {
    checkWaiver(measurements, wanted);
    return;
  }
  const lists = [measurements.enclave, measurements.nitrotpm].filter((list) => list !== undefined);
  if (!lists.every(Array.isArray) || !lists.flat().every(isRegisterSet)) throw incomplete(wanted);
  if (lists.flat().length === 0) throw incomplete(wanted);
}

/** An empty set would be satisfied by every document. */
function isRegisterSet(set: unknown): boolean {
  return set instanceof Map && set.size > 0 && [...set].every(isRegister);
}

function isRegister([index, value]: readonly [unknown, unknown]): boolean {
  const indexed = Number.isInteger(index) && Number(index) >= 0 && Number(index) <= MAX_PCR_INDEX;
  return indexed && value instanceof Uint8Array && value.length === PCR_BYTES;
}

/** A waiver stands alone: beside an expectation, one of the two is not meant. */
function checkWaiver(expectation: Waived | undefined, wanted: string): void {
  const reason = expectation?.waived;
  if (typeof reason !== 'string' || reason.trim() === '') throw incomplete(wanted);
  if (Object.keys(expectation as Waived).length > 1) throw incomplete(wanted);
}

function checkClientBinding(expected: ExpectedClientBinding): void {
  const wanted = 'clientBinding: { purpose, binding, configHash, data }, configHash or a waiver';
  if (typeof expected !== 'object' || expected === null) throw incomplete(wanted);
  const { purpose, binding, configHash, data, ...rest } = expected;
  if (purpose !== 'client' && purpose !== 'enclave') throw incomplete(wanted);
  if (!isBytes(binding) || !isBytes(data) || Object.keys(rest).length > 0) throw incomplete(wanted);
  if (!(configHash instanceof Uint8Array)) checkWaiver(configHash, wanted);
  else if (configHash.length !== CONFIG_HASH_BYTES) throw incomplete(wanted);
}

const isBytes = (value: unknown) => value instanceof Uint8Array;
const isText = (value: unknown) => typeof value === 'string' && value !== '';
/** Judged by a check of its own above. */
const isJudged = () => true;

const MEMBERS: Readonly<Record<keyof AttestationPolicy, (value: unknown) => boolean>> = {
  clock: isJudged,
  measurements: isJudged,
  nonce: isJudged,
  debug: isJudged,
  publicKey: isBytes,
  userData: isBytes,
  clientBinding: isJudged,
  moduleId: isText,
  instanceId: isText,
  roleArn: isText,
  signingCertificate: isBytes,
};

/** A member that is misspelt, or there without a value, would be an expectation never checked. */
function checkMember(member: string, value: unknown): void {
  if (!Object.hasOwn(MEMBERS, member))
    throw incomplete(`no member ${member}, which has no meaning`);
  if (!MEMBERS[member as keyof AttestationPolicy](value)) {
    throw incomplete(`${member}: a value, or no such member`);
  }
}

function incomplete(wanted: string): ConfigError {
  return new ConfigError('POLICY_INCOMPLETE', `the attestation policy needs ${wanted}`);
}
