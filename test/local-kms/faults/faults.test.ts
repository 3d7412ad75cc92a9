import { describe, expect, it } from 'vitest';
import { type FaultInput, faultList } from '../../../local-kms/faults/fault.ts';
import { createFaults } from '../../../local-kms/faults/faults.ts';

function faultsOf(...inputs: FaultInput[]) {
  return createFaults(faultList.parse(inputs));
}

const none = { latencyMs: 0, clockOffsetMs: 0, failure: undefined };

describe('faults', () => {
  it('befall nobody until there are some', () => {
    expect(createFaults().take('Decrypt')).toEqual(none);
  });

  it('befall the operation that they name, and every one if they name none', () => {
    const faults = faultsOf(
      { kind: 'throttle', operation: 'Decrypt' },
      { kind: 'latency', milliseconds: 20 },
    );
    expect(faults.take('Encrypt')).toEqual({ ...none, latencyMs: 20 });
    expect(faults.take(undefined)).toEqual({ ...none, latencyMs: 20 });
    expect(faults.take('Decrypt')).toMatchObject({
      latencyMs: 20,
      failure: { type: 'ThrottlingException', statusCode: 400 },
    });
  });

  it('befall every so many calls, so many times', () => {
    const faults = faultsOf({ kind: 'error', status: 503, every: 2, count: 2 });
    const statuses = Array.from({ length: 7 }, () => {
      const { failure } = faults.take('Decrypt');
      return typeof failure === 'object' ? failure.statusCode : 200;
    });
    expect(statuses).toEqual([200, 503, 200, 503, 200, 200, 200]);
    expect(faults.list()).toEqual([]);
  });

  it('add their delays and their clock offsets; of several failures the first one wins', () => {
    const faults = faultsOf(
      { kind: 'latency', milliseconds: 5 },
      { kind: 'latency', milliseconds: 7 },
      { kind: 'clock', offsetSeconds: -600 },
      { kind: 'drop' },
      { kind: 'drop', when: 'after' },
    );
    expect(faults.take('Decrypt')).toEqual({
      latencyMs: 12,
      clockOffsetMs: -600_000,
      failure: 'drop-request',
    });
  });

  it.each<[string, unknown]>([
    ['no list', {}],
    ['an unknown kind', [{ kind: 'flood' }]],
    ['an unknown member', [{ kind: 'throttle', often: true }]],
    ['a latency that is none', [{ kind: 'latency', milliseconds: 0 }]],
    ['a latency of hours', [{ kind: 'latency', milliseconds: 3_600_000 }]],
    ['a status that is no failure', [{ kind: 'error', status: 200 }]],
    ['an operation of another form', [{ kind: 'throttle', operation: 'kms:Decrypt' }]],
    ['a count of none', [{ kind: 'throttle', count: 0 }]],
    ['more than a thousand', Array.from({ length: 1001 }, () => ({ kind: 'throttle' }))],
  ])('refuses %s', (_name, input) => {
    expect(faultList.safeParse(input).success).toBe(false);
  });
});
