import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHex } from '../../../shared/encoding.ts';
import { encodeFixedInfo, type FixedInfo } from '../../../shared/kdf/fixed-info.ts';
import { Secret } from '../../../shared/secret.ts';
import { codeOf } from '../../support/codes.ts';
import { secretOf } from '../../support/secrets.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const alice = { algorithmId: utf8('A128GCM'), partyU: utf8('Alice'), partyV: utf8('Bob') };

/** FixedInfo in hex, as a test compares it. */
interface Fields {
  readonly algorithmId: string;
  readonly partyU: string;
  readonly partyV: string;
  readonly lengthBytes: number;
  readonly suppPubInfo?: string;
  readonly suppPrivInfo?: string;
}

function encode({ lengthBytes, ...fields }: Fields): Uint8Array {
  const { suppPubInfo, suppPrivInfo } = fields;
  const unhex = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
  const info: FixedInfo = {
    algorithmId: unhex(fields.algorithmId),
    partyU: unhex(fields.partyU),
    partyV: unhex(fields.partyV),
    ...(suppPubInfo !== undefined && { suppPubInfo: unhex(suppPubInfo) }),
    ...(suppPrivInfo !== undefined && { suppPrivInfo: secretOf(suppPrivInfo) }),
  };
  return encodeFixedInfo(info, lengthBytes);
}

/** Reads the layout that encodeFixedInfo documents. */
function decode(bytes: Uint8Array): Fields {
  let rest = Buffer.from(bytes);
  const take = (length: number): Buffer => {
    expect(rest.length).toBeGreaterThanOrEqual(length);
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  const field = () => take(take(4).readUInt32BE()).toString('hex');
  const [algorithmId, partyU, partyV] = [field(), field(), field()];
  const lengthBytes = take(4).readUInt32BE() / 8;
  const suppPubInfo = rest.length > 0 ? field() : '';
  const suppPrivInfo = rest.length > 0 ? field() : '';
  expect(rest.length).toBe(0);
  return {
    algorithmId,
    partyU,
    partyV,
    lengthBytes,
    ...(suppPubInfo !== '' && { suppPubInfo }),
    ...(suppPrivInfo !== '' && { suppPrivInfo }),
  };
}

const text = fc.uint8Array({ minLength: 1, maxLength: 12 }).map(encodeHex);
const fields: fc.Arbitrary<Fields> = fc.record(
  {
    algorithmId: text,
    partyU: text,
    partyV: text,
    lengthBytes: fc.integer({ min: 1, max: 64 * 255 }),
    suppPubInfo: text,
    suppPrivInfo: text,
  },
  { requiredKeys: ['algorithmId', 'partyU', 'partyV', 'lengthBytes'] },
);

describe('encodeFixedInfo', () => {
  it('is the OtherInfo of RFC 7518 appendix C', () => {
    expect(encodeHex(encodeFixedInfo(alice, 16))).toBe(
      '000000074131323847434d00000005416c69636500000003426f6200000080',
    );
  });

  it.each([
    ['0102', undefined, '000000020102'],
    [undefined, '0304', '00000000000000020304'],
    ['0102', '0304', '000000020102000000020304'],
  ])('appends public %s and private %s', (suppPubInfo, suppPrivInfo, appended) => {
    const bare = { algorithmId: 'aa', partyU: 'bb', partyV: 'cc', lengthBytes: 16 };
    const encoded = encode({
      ...bare,
      ...(suppPubInfo !== undefined && { suppPubInfo }),
      ...(suppPrivInfo !== undefined && { suppPrivInfo }),
    });
    expect(encodeHex(encoded)).toBe(encodeHex(encode(bare)) + appended);
  });

  it('can be read back, so that no two inputs share an encoding', () => {
    fc.assert(
      fc.property(fields, (input) => {
        expect(decode(encode(input))).toEqual(input);
      }),
    );
  });

  it('keeps apart what concatenation would not', () => {
    const short = fc.constantFrom('00', '01', '0000', '0001', '00000001');
    const near = fc.record(
      {
        algorithmId: short,
        partyU: short,
        partyV: short,
        lengthBytes: fc.constantFrom(16, 32),
        suppPubInfo: short,
        suppPrivInfo: short,
      },
      { requiredKeys: ['algorithmId', 'partyU', 'partyV', 'lengthBytes'] },
    );
    fc.assert(
      fc.property(near, near, (a, b) => {
        const sameInput =
          JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
        expect(encodeHex(encode(a)) === encodeHex(encode(b))).toBe(sameInput);
      }),
      { numRuns: 2000 },
    );
  });

  it.each<[string, object]>([
    ['an empty algorithmId', { algorithmId: new Uint8Array() }],
    ['an empty partyU', { partyU: new Uint8Array() }],
    ['an empty partyV', { partyV: new Uint8Array() }],
    ['an empty suppPubInfo', { suppPubInfo: new Uint8Array() }],
    ['an empty suppPrivInfo', { suppPrivInfo: new Secret(new Uint8Array()) }],
    ['no algorithmId', { algorithmId: undefined }],
    ['no partyU', { partyU: undefined }],
    ['no partyV', { partyV: undefined }],
    ['a text', { partyU: 'Alice' }],
    ['null', { suppPubInfo: null }],
    ['a partyV of 4097 bytes', { partyV: new Uint8Array(4097) }],
    ['a suppPrivInfo of 4097 bytes', { suppPrivInfo: new Secret(new Uint8Array(4097)) }],
  ])('refuses %s', (_name, change) => {
    const info = { ...alice, ...change } as FixedInfo;
    expect(codeOf(() => encodeFixedInfo(info, 16))).toBe('KDF_FIXED_INFO');
  });

  it('takes fields of 4096 bytes', () => {
    expect(encodeFixedInfo({ ...alice, partyU: new Uint8Array(4096) }, 16)).toHaveLength(
      4 + 7 + 4 + 4096 + 4 + 3 + 4,
    );
  });
});
