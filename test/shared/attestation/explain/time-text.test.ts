import { describe, expect, it } from 'vitest';
import { formatDuration, formatTime } from '../../../../shared/attestation/explain/time-text.ts';

describe('formatTime', () => {
  it('writes UTC to the second', () => {
    expect(formatTime(Date.UTC(2024, 9, 28, 18, 54, 16, 206))).toBe('2024-10-28 18:54:16 UTC');
  });

  it('writes the last time that a document can carry', () => {
    expect(formatTime(8.64e15)).toBe('+275760-09-13 00:00:00 UTC');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, 'less than 1 s'],
    [999, 'less than 1 s'],
    [4000, '4 s'],
    [-4000, '4 s'],
    [3 * 3_600_000 + 3000, '3 h 3 s'],
    [86_400_000, '1 d'],
    [(30 * 365 + 8) * 86_400_000 + 1000, '30 y 8 d'],
  ])('writes %d ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
