import { describe, expect, it } from 'vitest';
import { DerReader } from '../../../shared/asn1/index.ts';
import { codeOf } from '../../support/codes.ts';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

const time = (tag: number, text: string) =>
  new DerReader(Uint8Array.of(tag, text.length, ...Buffer.from(text, 'latin1')), { maxBytes: 64 });

describe('DerReader.time', () => {
  it.each([
    [UTC_TIME, '191028132805Z', '2019-10-28T13:28:05Z'],
    [UTC_TIME, '491231235959Z', '2049-12-31T23:59:59Z'],
    [UTC_TIME, '500101000000Z', '1950-01-01T00:00:00Z'],
    [UTC_TIME, '240229000000Z', '2024-02-29T00:00:00Z'],
    [GENERALIZED_TIME, '20500101000000Z', '2050-01-01T00:00:00Z'],
    [GENERALIZED_TIME, '24000229000000Z', '2400-02-29T00:00:00Z'],
    [GENERALIZED_TIME, '99991231235959Z', '9999-12-31T23:59:59Z'],
  ])('reads %i %s', (tag, text, iso) => {
    expect(time(tag, text).time('notAfter')).toBe(Date.parse(iso));
  });

  it.each([
    ['no seconds', UTC_TIME, '1910281328Z'],
    ['an offset', UTC_TIME, '191028132805+0000'],
    ['no Z', UTC_TIME, '191028132805'],
    ['another letter for Z', UTC_TIME, '191028132805z'],
    ['a fraction', GENERALIZED_TIME, '20500101000000.5Z'],
    ['GeneralizedTime before 2050', GENERALIZED_TIME, '20490101000000Z'],
    ['a letter in a number', UTC_TIME, '19102813280xZ'],
    ['29 February of a century', GENERALIZED_TIME, '21000229000000Z'],
    ['31 April', UTC_TIME, '240431000000Z'],
    ['30 February', UTC_TIME, '240230000000Z'],
    ['29 February of a common year', UTC_TIME, '230229000000Z'],
    ['month 13', UTC_TIME, '231301000000Z'],
    ['month 0', UTC_TIME, '230001000000Z'],
    ['day 0', UTC_TIME, '230100000000Z'],
    ['hour 24', UTC_TIME, '230101240000Z'],
    ['second 60', UTC_TIME, '161231235960Z'],
    ['nothing', UTC_TIME, ''],
  ])('refuses %s', (_name, tag, text) => {
    expect(codeOf(() => time(tag, text).time('notAfter'))).toBe('ASN1_SYNTAX');
  });

  it.each([
    ['another type', time(0x13, '191028132805Z')],
    ['another class', time(0x97, '191028132805Z')],
    ['nothing', new DerReader(new Uint8Array(0), { maxBytes: 0 })],
  ])('refuses %s', (_name, reader) => {
    expect(codeOf(() => reader.time('notAfter'))).toBe('ASN1_UNEXPECTED');
  });
});
