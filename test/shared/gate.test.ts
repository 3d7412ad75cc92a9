import { describe, expect, it } from 'vitest';
import { createGate } from '../../shared/gate.ts';
import { deferred } from '../support/deferred.ts';

describe('createGate', () => {
  it('has no more actions go on than it has places, first come, first served', async () => {
    const gate = createGate(['a', 'b']);
    const actions = Array.from({ length: 5 }, () => deferred<void>());
    const started: number[] = [];
    const inUse = new Set<string>();
    const ended = actions.map(({ promise }, i) =>
      gate(async (place) => {
        started.push(i);
        expect(inUse).not.toContain(place);
        inUse.add(place);
        await promise;
        inUse.delete(place);
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
    const gate = createGate(['a']);
    await expect(gate(() => Promise.reject(new Error('not now')))).rejects.toThrow('not now');
    await expect(gate(() => Promise.resolve('now'))).resolves.toBe('now');
  });
});
