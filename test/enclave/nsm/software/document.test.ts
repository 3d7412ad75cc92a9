import { generateKeyPairSync, verify } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type DocumentPayload,
  encodePayload,
  signDocument,
} from '../../../../enclave/nsm/software/index.ts';
import {
  type CborMap,
  type CborValue,
  isCborMap,
  parseCbor,
} from '../../../../shared/cbor/index.ts';
import { encodeHex, parseHex } from '../../../../shared/encoding.ts';
import { vectorsPath } from '../../../support/vectors.ts';

const payload: DocumentPayload = {
  moduleId: 'i-0123456789abcdef0-enc0123456789abcdef',
  timestamp: 1,
  pcrs: new Map([
    [0, new Uint8Array(48)],
    [31, new Uint8Array(48).fill(1)],
  ]),
  certificate: Uint8Array.of(1),
  cabundle: [Uint8Array.of(2), Uint8Array.of(3)],
  publicKey: null,
  userData: Uint8Array.of(),
  nonce: Uint8Array.of(9),
};

const text = (value: string): string => Buffer.from(value).toString('hex');

describe('encodePayload', () => {
  it('writes nine keys in the order of the hardware, in an indefinite map', () => {
    expect(encodeHex(encodePayload(payload))).toBe(
      [
        'bf',
        `69${text('module_id')}7827${text(payload.moduleId)}`,
        `66${text('digest')}66${text('SHA384')}`,
        `69${text('timestamp')}1b0000000000000001`,
        `64${text('pcrs')}a2005830${'00'.repeat(48)}181f5830${'01'.repeat(48)}`,
        `6b${text('certificate')}4101`,
        `68${text('cabundle')}8241024103`,
        `6a${text('public_key')}f6`,
        `69${text('user_data')}40`,
        `65${text('nonce')}4109`,
        'ff',
      ].join(''),
    );
  });
});

describe('signDocument', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const bytes = encodePayload({ ...payload, userData: new Uint8Array(1024) });
  const document = signDocument({ payload: bytes, privateKey });
  const length = bytes.length.toString(16).padStart(4, '0');

  it('writes an untagged COSE_Sign1 with ES384 in its protected header only', () => {
    const prefix = `8444a1013822a059${length}`;
    expect(encodeHex(document)).toMatch(
      new RegExp(`^${prefix}${encodeHex(bytes)}5860[0-9a-f]{192}$`),
    );
  });

  it('signs the Sig_structure of RFC 9052, with r and s side by side', () => {
    // Spelled out, so that this test shares nothing with the code under test.
    const signed = parseHex(
      `846a${text('Signature1')}44a101382240` + `59${length}${encodeHex(bytes)}`,
    );
    const signature = document.subarray(-96);
    const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify('sha384', signed, key, signature)).toBe(true);
    signed[signed.length - 1] = 0;
    expect(verify('sha384', signed, key, signature)).toBe(false);
  });
});

const folder = vectorsPath('attestation');
const genuine = (folder === undefined ? [] : readdirSync(folder)).filter((name) =>
  /^nitro-202(508|509|51|6)/.test(name),
);

describe.skipIf(folder === undefined)('against genuine documents (skipped without)', () => {
  it.each(genuine)('writes the payload of %s to the byte', (name) => {
    const bytes = genuinePayload(readFileSync(join(folder ?? '', name)));
    const map = parseCbor(bytes, { maxBytes: 16_384, maxDepth: 2, outermostMap: 'either' });
    if (!isCborMap(map)) throw new Error('no map');
    expect(encodePayload(payloadOf(map))).toEqual(bytes);
  });
});

function genuinePayload(document: Uint8Array): Uint8Array {
  const items = parseCbor(Uint8Array.from(document), {
    maxBytes: 16_384,
    maxDepth: 2,
    outermostMap: 'definite',
  });
  const bytes = Array.isArray(items) ? (items[2] as CborValue) : undefined;
  if (!(bytes instanceof Uint8Array)) throw new Error('no payload');
  return bytes;
}

/** Trusts the form: the payload is a genuine one. */
function payloadOf(map: CborMap): DocumentPayload {
  return {
    moduleId: map.get('module_id') as string,
    timestamp: map.get('timestamp') as number,
    pcrs: map.get('pcrs') as ReadonlyMap<number, Uint8Array>,
    certificate: map.get('certificate') as Uint8Array,
    cabundle: map.get('cabundle') as readonly Uint8Array[],
    publicKey: map.get('public_key') as Uint8Array | null,
    userData: map.get('user_data') as Uint8Array | null,
    nonce: map.get('nonce') as Uint8Array | null,
  };
}
