import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeScale } from '../../inspector/time-scale.ts';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

describe('createTimeScale', () => {
  it('keeps three hours readable beside thirty years', () => {
    const scale = createTimeScale(0, [-5 * YEAR, 25 * YEAR]);
    expect(scale.position(3 * HOUR) - scale.position(0)).toBeGreaterThan(0.1);
  });

  it('keeps the order of times and stays within the line', () => {
    const times = fc.integer({ min: -(10 ** 14), max: 10 ** 14 });
    fc.assert(
      fc.property(times, times, times, fc.array(times), (origin, a, b, bounds) => {
        const scale = createTimeScale(origin, bounds);
        const [first, second] = [scale.position(Math.min(a, b)), scale.position(Math.max(a, b))];
        expect(first).toBeLessThanOrEqual(second);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(second).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('has ticks only within the line, from left to right', () => {
    const { ticks } = createTimeScale(0, [-2 * HOUR, 2 * YEAR]);
    expect(ticks.map(({ label }) => label)).toEqual(['−1 h', '+1 h', '+1 d', '+30 d', '+1 y']);
  });

  it('places the origin in the middle where there are no other times', () => {
    expect(createTimeScale(1000, []).position(1000)).toBeCloseTo(0.5);
  });
});
