import { describe, expect, it } from 'vitest';
import { type ExpectationFields, readExpectations } from '../../inspector/expectations.ts';
import { awsNitroEnclavesRootG1 } from '../../shared/attestation/index.ts';

const pcr = 'aa'.repeat(48);
const now = () => 0;

const empty: ExpectationFields = {
  measurements: '',
  tpmMeasurements: '',
  nonceChoice: undefined,
  nonce: '',
  waiver: '',
  clockChoice: undefined,
  maxAge: '',
  skew: '5',
  allowDebug: false,
  trustAnchor: '',
};

const complete: ExpectationFields = {
  ...empty,
  measurements: `0=${pcr}`,
  nonceChoice: 'expected',
  nonce: 'AB cd',
  clockChoice: 'live',
  maxAge: '60',
};

describe('readExpectations', () => {
  it('asks for measurements, nonce and time, and judges nothing, when nothing is stated', () => {
    const { judgement, problems } = readExpectations(empty, now);
    expect(judgement).toBeUndefined();
    expect(problems.map(({ field, kind }) => [field, kind])).toEqual([
      ['measurements', 'missing'],
      ['nonceChoice', 'missing'],
      ['clockChoice', 'missing'],
    ]);
  });

  it('makes the policy that is stated', () => {
    const { judgement, problems } = readExpectations(complete, now);
    expect(problems).toEqual([]);
    expect(judgement).toEqual({
      policy: {
        clock: { mode: 'live', now, maxAgeSeconds: 60, skewSeconds: 5 },
        measurements: { enclave: [new Map([[0, new Uint8Array(48).fill(0xaa)]])] },
        nonce: Uint8Array.of(0xab, 0xcd),
        debug: 'refused',
      },
      trustAnchors: [awsNitroEnclavesRootG1],
    });
  });

  it('makes a historic policy for a NitroTPM instance with a waived nonce', () => {
    const { judgement } = readExpectations(
      {
        ...empty,
        tpmMeasurements: `4=${pcr}`,
        nonceChoice: 'waived',
        waiver: ' an archive ',
        clockChoice: 'historic',
        allowDebug: true,
      },
      now,
    );
    expect(judgement?.policy).toEqual({
      clock: { mode: 'historic' },
      measurements: { nitrotpm: [new Map([[4, new Uint8Array(48).fill(0xaa)]])] },
      nonce: { waived: 'an archive' },
      debug: 'allowed',
    });
  });

  it.each<[string, Partial<ExpectationFields>, string]>([
    ['no measurements', { measurements: ' \n' }, 'measurements'],
    ['measurements that cannot be read', { measurements: '0=12' }, 'measurements'],
    ['an empty set among them', { measurements: `0=${pcr}\n---` }, 'measurements'],
    ['NitroTPM registers that cannot be read', { tpmMeasurements: 'x' }, 'tpmMeasurements'],
    ['no choice of a nonce', { nonceChoice: undefined }, 'nonceChoice'],
    ['no nonce', { nonce: ' ' }, 'nonce'],
    ['a nonce that is no hex', { nonce: 'xyz' }, 'nonce'],
    ['a waiver without reason', { nonceChoice: 'waived', waiver: '  ' }, 'waiver'],
    ['no choice of a time', { clockChoice: undefined }, 'clockChoice'],
    ['no maximum age', { maxAge: '' }, 'maxAge'],
    ['a maximum age of zero', { maxAge: '0' }, 'maxAge'],
    ['a maximum age with a sign', { maxAge: '-1' }, 'maxAge'],
    ['a maximum age in exponents', { maxAge: '1e9' }, 'maxAge'],
    ['no clock skew', { skew: '' }, 'skew'],
    ['a trust anchor that is none', { trustAnchor: 'AAAA' }, 'trustAnchor'],
  ])('judges nothing with %s', (_name, change, field) => {
    const { judgement, problems } = readExpectations({ ...complete, ...change }, now);
    expect(judgement).toBeUndefined();
    expect(problems.map((problem) => problem.field)).toEqual([field]);
  });

  it('does not read the age of a live judgement in a historic one', () => {
    const fields = { ...complete, clockChoice: 'historic', maxAge: 'x' } as const;
    expect(readExpectations(fields, now).problems).toEqual([]);
  });
});
