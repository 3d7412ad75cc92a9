import { describe, expect, it } from 'vitest';
import { parsePem } from '../../shared/pem.ts';

const text = (...lines: readonly string[]) => new TextEncoder().encode(lines.join('\n'));
const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

describe('parsePem', () => {
  it('gives what the block of its label holds, whatever its line ends', () => {
    expect(parsePem(text(begin, 'AQID', 'BA==', end, ''), 'CERTIFICATE')).toEqual(
      Uint8Array.of(1, 2, 3, 4),
    );
    expect(parsePem(text(`${begin}\r`, 'AQID\r', end), 'CERTIFICATE')).toEqual(
      Uint8Array.of(1, 2, 3),
    );
  });

  it.each([
    ['another label', text('-----BEGIN PUBLIC KEY-----', 'AQID', '-----END PUBLIC KEY-----')],
    ['two labels', text(begin, 'AQID', '-----END PUBLIC KEY-----')],
    ['two blocks', text(begin, 'AQID', end, begin, 'AQID', end)],
    ['text in front', text('subject: me', begin, 'AQID', end)],
    ['no base64', text(begin, 'AQI', end)],
    ['nothing in it', text(begin, end)],
    ['nothing', text('')],
  ])('gives nothing for %s', (_what, bytes) => {
    expect(parsePem(bytes, 'CERTIFICATE')).toBeUndefined();
  });
});
