import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../shared/encoding-detection.ts';
import { codeOf } from '../support/codes.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

describe('decodeText', () => {
  it.each([
    ['hex', '3080060a', '3080060a', 'hex'],
    ['hex in capitals, spaces and lines', 'D2 84\r\n4A\t0B\n', 'd2844a0b', 'hex'],
    ['hex behind 0x', '0x3080060a', '3080060a', 'hex'],
    ['hex behind 0X and a line end', '0X3080\n060A\n', '3080060a', 'hex'],
    ['base64', 'hEShATgio', undefined, 'raw'],
    ['base64 with padding', 'hEShATgi\noA==\n', '8444a1013822a0', 'base64'],
    ['base64 without padding', 'hEShATgioA', '8444a1013822a0', 'base64'],
    ['base64url', '-_-_', 'fbffbf', 'base64'],
    ['base64 with the other two digits', '+/+/', 'fbffbf', 'base64'],
    [
      'base64 behind a byte order mark',
      '\u00ef\u00bb\u00bfhEShATgioA==\r\n',
      '8444a1013822a0',
      'base64',
    ],
    ['base64 as a JSON string', '"hEShATgioA=="\n', '8444a1013822a0', 'base64'],
    ['hex as a JSON string', '"0x3080060a"', '3080060a', 'hex'],
    [
      'PEM',
      '-----BEGIN ATTESTATION DOCUMENT-----\r\nhESh\r\nATgioA==\r\n-----END ATTESTATION DOCUMENT-----\r\n',
      '8444a1013822a0',
      'base64',
    ],
    ['a mix of both alphabets', '+/-_', undefined, 'raw'],
    ['padding in the middle', 'hE==hATg', undefined, 'raw'],
    ['too much padding', 'hEShA===', undefined, 'raw'],
    ['an odd number of hex digits that base64 cannot be', '12345', undefined, 'raw'],
    ['nothing', '', undefined, 'raw'],
    ['white space', ' \n', undefined, 'raw'],
    ['an open quote', '"hEShATgioA==', undefined, 'raw'],
    ['nothing in quotes', '""', undefined, 'raw'],
    ['two JSON strings', '"hESh","ATgi"', undefined, 'raw'],
    ['PEM that ends as another', '-----BEGIN A-----\nhE+h\n-----END B-----', undefined, 'raw'],
    ['two PEM blocks', '-----BEGIN A-----\nhE+h\n-----END A-----\n'.repeat(2), undefined, 'raw'],
    ['PEM with headers', '-----BEGIN A-----\nX: 1\n\nhESh\n-----END A-----', undefined, 'raw'],
    ['prose', 'not a document!', undefined, 'raw'],
  ])('takes %s for what it is', (_name, text, decoded, encoding) => {
    const result = decodeText(ascii(text));
    expect(result.encoding).toBe(encoding);
    const wanted = decoded === undefined ? ascii(text) : Buffer.from(decoded, 'hex');
    expect(Buffer.compare(result.bytes, wanted)).toBe(0);
  });

  it('refuses half a byte behind 0x, which would be base64 otherwise', () => {
    expect(codeOf(() => decodeText(ascii('0x30806')))).toBe('HEX_SYNTAX');
  });

  it.each([
    ['a COSE_Sign1', [0x84, 0x44]],
    ['a tagged COSE_Sign1', [0xd2, 0x84]],
    ['CMS of indefinite length', [0x30, 0x80]],
    ['CMS of definite length', [0x30, 0x82]],
  ])('leaves %s as it is, whatever follows', (_name, start) => {
    fc.assert(
      fc.property(fc.uint8Array(), (rest) => {
        const bytes = Uint8Array.of(...start, ...rest);
        expect(decodeText(bytes)).toEqual({ bytes, encoding: 'raw' });
      }),
    );
  });

  it('gives back what was written in hex, base64 and base64url', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (rest) => {
        const bytes = Uint8Array.of(0x30, 0x80, ...rest);
        for (const encoding of ['hex', 'base64', 'base64url'] as const) {
          const text = Buffer.from(bytes).toString(encoding).replace(/.{64}/g, '$&\n');
          expect(decodeText(ascii(text)).bytes).toEqual(bytes);
        }
      }),
    );
  });
});
