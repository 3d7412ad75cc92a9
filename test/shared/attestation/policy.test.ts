import { describe, expect, it } from 'vitest';
import { issueDocument } from '../../../scripts/fixtures/attestation-authority.ts';
import {
  acceptingPolicy,
  type Changes,
  certificateOf,
  documentWith,
  enclavePcrs,
  madeAt,
  moduleId,
  nonce,
  publicKey,
  tpmDocumentWith,
  tpmPcrs,
  userData,
} from '../../../scripts/fixtures/attestation-documents.ts';
import type { AttestationPolicy, Pcrs } from '../../../shared/attestation/index.ts';
import { createNodeEngine, createVerifier } from '../../../shared/attestation/node.ts';
import {
  pcrOfInstance,
  pcrOfRole,
  pcrOfSigningCertificate,
} from '../../../shared/attestation/pcr.ts';
import { encodeHex } from '../../../shared/encoding.ts';
import { ConfigError } from '../../../shared/errors.ts';
import { judge, outcomeOf } from '../../support/judge.ts';

const engine = createNodeEngine();
const text = (value: string) => new TextEncoder().encode(value);
const pcr = (fill: number) => new Uint8Array(48).fill(fill);
const setOf = (...entries: ReadonlyArray<readonly [number, Uint8Array]>): Pcrs => new Map(entries);
const matching = (...indices: readonly number[]): Pcrs =>
  new Map(indices.map((index) => [index, enclavePcrs.get(index) as Uint8Array]));
const matchingTpm = (...indices: readonly number[]): Pcrs =>
  new Map(indices.map((index) => [index, tpmPcrs.get(index) as Uint8Array]));
const waived = { waived: 'not of interest here' };
const live = (offset: number, maxAgeSeconds = 60, skewSeconds = 5): AttestationPolicy['clock'] => ({
  mode: 'live',
  now: () => madeAt + offset,
  maxAgeSeconds,
  skewSeconds,
});
const withRegister = (index: number, value: Uint8Array): Changes => ({
  fields: { pcrs: new Map([...enclavePcrs, [index, value]]) },
});
const without = (index: number): Changes => ({
  fields: { pcrs: new Map([...enclavePcrs].filter(([other]) => other !== index)) },
});

const role = 'arn:aws:iam::111122223333:role/example-role';
const instance = 'i-1234567890abcdef0';
const signer = text('any DER');

describe('true evidence that the policy accepts', () => {
  it.each<[what: string, policy: Partial<AttestationPolicy>, changes?: Changes]>([
    ['what is expected', {}],
    ['one register that holds', { measurements: { enclave: [matching(2)] } }],
    ['every register', { measurements: { enclave: [enclavePcrs] } }],
    ['the second of two sets', { measurements: { enclave: [setOf([0, pcr(9)]), matching(0)] } }],
    [
      'a set of its kind beside one of the other',
      { measurements: { enclave: [matching(0)], nitrotpm: [setOf([4, pcr(9)])] } },
    ],
    ['measurements waived', { measurements: waived }],
    ['a nonce waived', { nonce: waived }],
    ['a nonce waived where there is none', { nonce: waived }, { fields: { nonce: null } }],
    ['the very age allowed', { clock: live(60_000) }],
    ['the very skew allowed', { clock: live(-5_000) }],
    ['no skew at its own time', { clock: live(0, 60, 0) }],
    ['the historic mode', { clock: { mode: 'historic' } }],
    ['its public key', { publicKey }],
    ['its user data', { userData }],
    [
      'empty user data, expected so',
      { userData: new Uint8Array(0) },
      { fields: { user_data: new Uint8Array(0) } },
    ],
    ['its module', { moduleId }],
    ['its instance', { instanceId: instance }, withRegister(4, pcrOfInstance(engine, instance))],
    ['its role', { roleArn: role }, withRegister(3, pcrOfRole(engine, role))],
    [
      'its signer',
      { signingCertificate: signer },
      withRegister(8, pcrOfSigningCertificate(engine, signer)),
    ],
    [
      'debug mode, allowed by name',
      { debug: 'allowed', measurements: { enclave: [setOf([0, pcr(0)])] } },
      withRegister(0, pcr(0)),
    ],
    ['debug mode allowed, of an enclave that is not in it', { debug: 'allowed' }],
  ])('%s', async (_what, policy, changes = {}) => {
    expect(outcomeOf(await judge(documentWith(changes), policy))).toBe('trusted');
  });

  it.each<[what: string, policy: Partial<AttestationPolicy>]>([
    ['registers of a NitroTPM', { measurements: { nitrotpm: [matchingTpm(4, 7, 12)] } }],
    [
      'a register of zeros, which is no debug mode',
      { measurements: { nitrotpm: [matchingTpm(0)] } },
    ],
  ])('%s, for a NitroTPM document', async (_what, policy) => {
    expect(outcomeOf(await judge(tpmDocumentWith(), policy))).toBe('trusted');
  });
});

describe('true evidence that the policy does not accept', () => {
  it.each<[outcome: string, what: string, policy: Partial<AttestationPolicy>, changes?: Changes]>([
    [
      'policy.issued_within_leaf POLICY_ISSUED_OUTSIDE_LEAF',
      'a document older than its leaf',
      { clock: live(0, 1e6) },
      { fields: { timestamp: certificateOf('leaf').notBefore - 1 } },
    ],
    [
      'policy.issued_within_leaf POLICY_ISSUED_OUTSIDE_LEAF',
      'a document younger than its leaf',
      { clock: live(0, 60, 1e6) },
      { fields: { timestamp: certificateOf('leaf').notAfter + 1000 } },
    ],
    ['policy.freshness POLICY_TOO_OLD', 'a millisecond too old', { clock: live(60_001) }],
    ['policy.freshness POLICY_FROM_FUTURE', 'a millisecond too far ahead', { clock: live(-5_001) }],
    [
      'policy.freshness POLICY_FROM_FUTURE',
      'a millisecond ahead without skew',
      { clock: live(-1, 60, 0) },
    ],
    [
      'policy.debug POLICY_DEBUG',
      'PCR0 of zeros',
      { measurements: waived },
      withRegister(0, pcr(0)),
    ],
    [
      'policy.debug POLICY_DEBUG',
      'PCR1 of zeros',
      { measurements: { enclave: [matching(0)] } },
      withRegister(1, pcr(0)),
    ],
    [
      'policy.debug POLICY_DEBUG',
      'PCR2 of zeros',
      { measurements: { enclave: [matching(0)] } },
      withRegister(2, pcr(0)),
    ],
    [
      'policy.debug POLICY_DEBUG',
      'debug registers expected and found',
      { measurements: { enclave: [setOf([0, pcr(0)])] } },
      withRegister(0, pcr(0)),
    ],
    [
      'policy.debug POLICY_DEBUG',
      'debug registers expected of an enclave that is measured',
      { measurements: { enclave: [setOf([0, pcr(0)])] } },
    ],
    [
      'policy.debug POLICY_DEBUG',
      'debug registers expected in the second set',
      { measurements: { enclave: [matching(0), setOf([2, pcr(0)])] } },
    ],
    [
      'policy.debug POLICY_DEBUG',
      'no PCR0',
      { measurements: { enclave: [matching(3)] } },
      without(0),
    ],
    ['policy.debug POLICY_DEBUG', 'no PCR1', {}, without(1)],
    ['policy.debug POLICY_DEBUG', 'no PCR2', {}, without(2)],
    [
      'policy.measurements POLICY_MEASUREMENTS',
      'another PCR0',
      { measurements: { enclave: [setOf([0, pcr(9)])] } },
    ],
    [
      'policy.measurements POLICY_MEASUREMENTS',
      'one register of two',
      { measurements: { enclave: [new Map([...matching(0), [1, pcr(9)]])] } },
    ],
    [
      'policy.measurements POLICY_MEASUREMENTS',
      'one set in half and the other in half',
      {
        measurements: {
          enclave: [new Map([...matching(0), [1, pcr(9)]]), new Map([...matching(1), [0, pcr(9)]])],
        },
      },
    ],
    [
      'policy.measurements POLICY_MEASUREMENTS',
      'a register that is not in the document',
      { measurements: { enclave: [setOf([16, pcr(0)])] } },
    ],
    [
      'policy.measurements POLICY_KIND',
      'registers of a NitroTPM expected',
      { measurements: { nitrotpm: [matching(0)] } },
    ],
    [
      'policy.measurements POLICY_KIND',
      'an empty list of its kind',
      { measurements: { enclave: [], nitrotpm: [matching(0)] } },
    ],
    ['policy.nonce POLICY_NONCE', 'another nonce', { nonce: text('the nonce of that exchange') }],
    ['policy.nonce POLICY_NONCE', 'the beginning of the nonce', { nonce: nonce.subarray(0, 8) }],
    ['policy.nonce POLICY_NONCE', 'no nonce', {}, { fields: { nonce: null } }],
    ['policy.nonce POLICY_NONCE', 'an empty nonce', {}, { fields: { nonce: new Uint8Array(0) } }],
    [
      'policy.nonce POLICY_NONCE',
      'the nonce in another field',
      {},
      { fields: { nonce: null, user_data: nonce } },
    ],
    ['policy.public_key POLICY_PUBLIC_KEY', 'another public key', { publicKey: userData }],
    [
      'policy.public_key POLICY_PUBLIC_KEY',
      'no public key',
      { publicKey },
      { fields: { public_key: null } },
    ],
    ['policy.user_data POLICY_USER_DATA', 'other user data', { userData: publicKey }],
    [
      'policy.user_data POLICY_USER_DATA',
      'no user data where empty data is expected',
      { userData: new Uint8Array(0) },
      { fields: { user_data: null } },
    ],
    ['policy.module_id POLICY_MODULE_ID', 'another module', { moduleId: `${moduleId}0` }],
    ['policy.instance_id POLICY_INSTANCE_ID', 'another instance', { instanceId: instance }],
    [
      'policy.instance_id POLICY_INSTANCE_ID',
      'an instance hashed twice',
      { instanceId: instance },
      withRegister(4, pcrOfSigningCertificate(engine, text(instance))),
    ],
    ['policy.role POLICY_ROLE', 'another role', { roleArn: role }],
    ['policy.role POLICY_ROLE', 'no role', { roleArn: role }, withRegister(3, pcr(0))],
    ['policy.role POLICY_ROLE', 'no PCR3', { roleArn: role }, without(3)],
    [
      'policy.signing_certificate POLICY_SIGNING_CERTIFICATE',
      'another signer',
      { signingCertificate: signer },
    ],
    [
      'policy.signing_certificate POLICY_SIGNING_CERTIFICATE',
      'a signer hashed once',
      { signingCertificate: signer },
      withRegister(8, pcrOfInstance(engine, 'any DER')),
    ],
  ])('fails %s: %s', async (outcome, _what, policy, changes = {}) => {
    const report = await judge(documentWith(changes), policy);
    expect(outcomeOf(report)).toBe(outcome);
    expect(report.verdict).toBe('untrusted');
  });

  const boot = pcrOfInstance(engine, instance);
  it.each<[outcome: string, what: string, policy: Partial<AttestationPolicy>]>([
    [
      'policy.measurements POLICY_KIND',
      'registers of an enclave',
      { measurements: { enclave: [setOf([4, boot])] } },
    ],
    [
      'policy.measurements POLICY_MEASUREMENTS',
      'another PCR4',
      { measurements: { nitrotpm: [setOf([4, pcr(9)])] } },
    ],
    [
      'policy.instance_id POLICY_INSTANCE_ID',
      "an instance that is in PCR4, as an enclave's would be",
      { measurements: { nitrotpm: [setOf([4, boot])] }, instanceId: instance },
    ],
    ['policy.role POLICY_ROLE', 'a role', { measurements: waived, roleArn: role }],
    [
      'policy.signing_certificate POLICY_SIGNING_CERTIFICATE',
      'a signer',
      { measurements: waived, signingCertificate: signer },
    ],
  ])('fails %s for a NitroTPM document: %s', async (outcome, _what, policy) => {
    const nitrotpm_pcrs = new Map([...tpmPcrs, [4, boot]]);
    const report = await judge(tpmDocumentWith({ fields: { nitrotpm_pcrs } }), policy);
    expect(outcomeOf(report)).toBe(outcome);
  });

  it('names every register that differs from the closest set', async () => {
    const far = setOf([0, pcr(9)], [1, pcr(9)], [2, pcr(9)]);
    const close = new Map([...matching(0, 1), [2, pcr(9)]]);
    const report = await judge(documentWith(), { measurements: { enclave: [far, close] } });
    const check = report.checks.find(({ id }) => id === 'policy.measurements');
    expect(check?.expected).toBe(`PCR2=${encodeHex(pcr(9))}`);
    expect(check?.actual).toBe(`PCR2=${encodeHex(enclavePcrs.get(2) as Uint8Array)}`);
  });

  it('names all that differs, and fails with the first of it', async () => {
    const report = await judge(documentWith(), {
      nonce: userData,
      moduleId: 'i-0',
      clock: live(90_000),
    });
    const failed = report.checks.filter(({ verdict }) => verdict === 'failed');
    expect(failed.map(({ code }) => code)).toEqual([
      'POLICY_TOO_OLD',
      'POLICY_NONCE',
      'POLICY_MODULE_ID',
    ]);
    expect(report.failure?.code).toBe('POLICY_TOO_OLD');
  });

  it('repeats the reason of a waiver, and does not call it passed', async () => {
    const report = await judge(documentWith(), { nonce: { waived: 'KMS takes none' } });
    const check = report.checks.find(({ id }) => id === 'policy.nonce');
    expect(check).toMatchObject({
      verdict: 'not reached',
      message: expect.stringContaining('KMS takes none'),
    });
  });
});

describe('a policy that leaves something open', () => {
  const { clock, measurements, nonce: given, debug } = acceptingPolicy;
  const verifier = createVerifier({ trustAnchors: [] });
  const { document } = issueDocument(documentWith());
  const liveClock = live(0) as object;

  it.each<[what: string, policy: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'policy'],
    ['an empty object', {}],
    ['no clock', { measurements, nonce: given, debug }],
    ['no measurements', { clock, nonce: given, debug }],
    ['no nonce', { clock, measurements, debug }],
    ['no debug', { clock, measurements, nonce: given }],
    ['a null clock', { ...acceptingPolicy, clock: null }],
    ['a clock without mode', { ...acceptingPolicy, clock: {} }],
    ['a clock of unknown mode', { ...acceptingPolicy, clock: { mode: 'archive' } }],
    ['a live clock without now', { ...acceptingPolicy, clock: { ...liveClock, now: undefined } }],
    [
      'a live clock with a time for now',
      { ...acceptingPolicy, clock: { ...liveClock, now: madeAt } },
    ],
    [
      'a live clock without age',
      { ...acceptingPolicy, clock: { ...liveClock, maxAgeSeconds: undefined } },
    ],
    ['an age of 0', { ...acceptingPolicy, clock: { ...liveClock, maxAgeSeconds: 0 } }],
    ['an age below 0', { ...acceptingPolicy, clock: { ...liveClock, maxAgeSeconds: -1 } }],
    [
      'an age without end',
      { ...acceptingPolicy, clock: { ...liveClock, maxAgeSeconds: Number.POSITIVE_INFINITY } },
    ],
    [
      'an age that is no number',
      { ...acceptingPolicy, clock: { ...liveClock, maxAgeSeconds: Number.NaN } },
    ],
    [
      'a live clock without skew',
      { ...acceptingPolicy, clock: { ...liveClock, skewSeconds: undefined } },
    ],
    ['a skew below 0', { ...acceptingPolicy, clock: { ...liveClock, skewSeconds: -1 } }],
    [
      'a skew without end',
      { ...acceptingPolicy, clock: { ...liveClock, skewSeconds: Number.POSITIVE_INFINITY } },
    ],
    ['null measurements', { ...acceptingPolicy, measurements: null }],
    ['measurements without sets', { ...acceptingPolicy, measurements: {} }],
    ['empty lists of sets', { ...acceptingPolicy, measurements: { enclave: [], nitrotpm: [] } }],
    ['an empty set', { ...acceptingPolicy, measurements: { enclave: [new Map()] } }],
    [
      'an empty set beside a full one',
      { ...acceptingPolicy, measurements: { enclave: [matching(0), new Map()] } },
    ],
    ['a set that is not in a list', { ...acceptingPolicy, measurements: { enclave: matching(0) } }],
    ['a set that is an object', { ...acceptingPolicy, measurements: { enclave: [{ 0: pcr(1) }] } }],
    [
      'a register in hex',
      { ...acceptingPolicy, measurements: { enclave: [new Map([[0, '00'.repeat(48)]])] } },
    ],
    [
      'a register of 32 bytes',
      { ...acceptingPolicy, measurements: { enclave: [new Map([[0, new Uint8Array(32)]])] } },
    ],
    [
      'a register named by text',
      { ...acceptingPolicy, measurements: { enclave: [new Map([['0', pcr(1)]])] } },
    ],
    ['register 32', { ...acceptingPolicy, measurements: { enclave: [setOf([32, pcr(1)])] } }],
    [
      'measurements waived without reason',
      { ...acceptingPolicy, measurements: { waived: undefined } },
    ],
    [
      'measurements waived with an empty reason',
      { ...acceptingPolicy, measurements: { waived: ' ' } },
    ],
    ['measurements waived with true', { ...acceptingPolicy, measurements: { waived: true } }],
    [
      'measurements both waived and given',
      { ...acceptingPolicy, measurements: { waived: 'why', enclave: [matching(0)] } },
    ],
    ['a null nonce', { ...acceptingPolicy, nonce: null }],
    ['an empty nonce', { ...acceptingPolicy, nonce: new Uint8Array(0) }],
    ['a nonce in hex', { ...acceptingPolicy, nonce: '00ff' }],
    ['a nonce waived without reason', { ...acceptingPolicy, nonce: { waived: '' } }],
    ['an empty object for the nonce', { ...acceptingPolicy, nonce: {} }],
    ['debug by a boolean', { ...acceptingPolicy, debug: false }],
    ['debug by another word', { ...acceptingPolicy, debug: 'permitted' }],
    ['a public key without value', { ...acceptingPolicy, publicKey: undefined }],
    ['a public key in text', { ...acceptingPolicy, publicKey: 'key' }],
    ['user data without value', { ...acceptingPolicy, userData: null }],
    ['a module without value', { ...acceptingPolicy, moduleId: undefined }],
    ['an empty module', { ...acceptingPolicy, moduleId: '' }],
    ['an instance without value', { ...acceptingPolicy, instanceId: undefined }],
    ['a role without value', { ...acceptingPolicy, roleArn: undefined }],
    ['a signer in PEM', { ...acceptingPolicy, signingCertificate: '-----BEGIN CERTIFICATE-----' }],
    ['a member in other letters', { ...acceptingPolicy, publickey: publicKey }],
    ['a member of the prototype of objects', { ...acceptingPolicy, toString: 'x' }],
  ])('is refused before the document is looked at: %s', async (_what, policy) => {
    const verify = verifier.verify(document, policy as AttestationPolicy);
    await expect(verify).rejects.toThrow(ConfigError);
    await expect(verify).rejects.toMatchObject({ code: 'POLICY_INCOMPLETE' });
    const verifyOrThrow = verifier.verifyOrThrow(document, policy as AttestationPolicy);
    await expect(verifyOrThrow).rejects.toMatchObject({ code: 'POLICY_INCOMPLETE' });
  });

  it.each([
    Number.NaN,
    undefined,
    null,
    '1767323045678',
    Number.POSITIVE_INFINITY,
    8.64e15 + 1,
    -1,
  ])('is refused for a clock that gives %s', async (now) => {
    const broken = { ...liveClock, now: () => now } as unknown as AttestationPolicy['clock'];
    await expect(judge(documentWith(), { clock: broken })).rejects.toMatchObject({
      code: 'POLICY_INCOMPLETE',
    });
  });
});

describe('expected registers', () => {
  it.each([
    [
      'role',
      pcrOfRole(engine, role),
      '425591525b13848d58644fb03e43420c8eff0f51d5235e6d11a1ebce2fcdc0929b9a428a1baa404b9f76e2d56b266b07',
    ],
    [
      'instance',
      pcrOfInstance(engine, instance),
      '08f996b5d43e047a9eb51e7f548bfee7e164fd7dc8f65541f2ac09d6545ac812719327281c401a67a10fcba87ae79ce0',
    ],
  ])('of a %s are as computed elsewhere', (_what, value, hex) => {
    expect(encodeHex(value)).toBe(hex);
  });
});
