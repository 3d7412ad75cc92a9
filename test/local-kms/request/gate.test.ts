import { describe, expect, it } from 'vitest';
import { createGate } from '../../../local-kms/request/gate.ts';
import { deferred } from '../../support/deferred.ts';

describe('createGate', () => {
  it('has no more actions go on than it has places, first come, first served', async () => {
    const gate = createGate(2);
    const actions = Array.from({ length: 5 }, () => deferred<void>());
    const started: number[] = [];
    const ended = actions.map(({ promise }, i) =>
      gate(() => {
        started.push(i);
        return promise;
      }),
    );
    expect(started).toEqual([0, 1]);
    actions[1]?.resolve();
    await ended[1];
    expect(started).toEqual([0, 1, 2]);
    actions[0]?.resolve();
    actions[2]?.resolve();
    await Promise.all([ended[0], ended[2]]);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('has its place again after an action that failed', async () => {
    const gate = createGate(1);
    await expect(gate(() => Promise.reject(new Error('not now')))).rejects.toThrow('not now');
    await expect(gate(() => Promise.resolve('now'))).resolves.toBe('now');
  });
});
