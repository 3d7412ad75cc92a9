import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRecord, formatRefusal } from '../../../parent/logs/record.ts';

const origin = { time: Date.UTC(2026, 2, 1), cid: 16 };

describe('a log line of an enclave', () => {
  it('is written with time and CID, apart from what it says itself', () => {
    const line = { time: 'never', cid: 3, event: 'x', ok: true, code: null };
    expect(JSON.parse(formatRecord(JSON.stringify(line), origin) ?? '')).toEqual({
      time: '2026-03-01T00:00:00.000Z',
      cid: 16,
      line,
    });
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['a number', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an object within', '{"a":{}}'],
    ['a list within', '{"a":[]}'],
    ['thousands of them', '{"a":'.repeat(3000)],
    ['two objects', '{}{}'],
    ['an object that is cut', '{"a":1'],
  ])('is none if it is %s', (_what, text) => {
    expect(formatRecord(text, origin)).toBeUndefined();
  });

  it('is one line that a terminal does not obey, and the same data', () => {
    const line = { a: '\u001b[2J\u202e\u2028\u009b\r\n', '\u0007': 'x', ['__proto__']: 'y' };
    const text = formatRecord(JSON.stringify(line), origin) ?? '';
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toMatchObject({ line: { a: line.a, '\u0007': 'x' } });
  });

  it('is a line of JSON whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const record = formatRecord(text, origin);
        if (record === undefined) return;
        expect(record).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(JSON.parse(record)).toMatchObject({ cid: 16 });
      }),
    );
  });
});

it('what is no log line is counted, and not repeated', () => {
  expect(JSON.parse(formatRefusal(3, { ...origin, cid: undefined }))).toEqual({
    time: '2026-03-01T00:00:00.000Z',
    refused: 3,
  });
});
