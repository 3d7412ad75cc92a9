import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTestEnclave, createTestRoot } from './attested-recipient.ts';
import { documentsIn, findPublicKeys, publicKeyMember } from './document-search.ts';

const { nsm, spki } = createTestEnclave({ root: await createTestRoot() });
const withKey = await nsm.attest({ publicKey: spki, nonce: randomBytes(20) });
const withoutKey = await nsm.attest({ userData: publicKeyMember(spki) });
const other = new Uint8Array(300).fill(9);

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const WAYS: [string, (document: Uint8Array) => Uint8Array][] = [
  ['as it is, within other bytes', (bytes) => Buffer.concat([randomBytes(99), bytes, other])],
  ['as hex', (bytes) => Buffer.from(Buffer.from(bytes).toString('hex'))],
  ['as hex, after a digit', (bytes) => Buffer.from(`a${Buffer.from(bytes).toString('hex')}`)],
  ['as base64 in JSON', (bytes) => Buffer.from(JSON.stringify({ document: base64(bytes) }))],
  ['as base64url', (bytes) => Buffer.from(Buffer.from(bytes).toString('base64url'))],
  [
    'as base64, one byte later',
    (bytes) => Buffer.from(base64(Buffer.concat([other.subarray(0, 1), bytes]))),
  ],
  [
    'as base64, two bytes later',
    (bytes) => Buffer.from(base64(Buffer.concat([other.subarray(0, 2), bytes]))),
  ],
  ['as base64 with escaped slashes', (bytes) => Buffer.from(base64(bytes).replaceAll('/', '\\/'))],
  ['as base64 in lines', (bytes) => Buffer.from(base64(bytes).replaceAll(/.{64}/g, '$&\r\n'))],
];

describe.each(WAYS)('a document %s', (_way, encode) => {
  it('is found, whatever it carries', () => {
    const haystack = { name: 'there', bytes: encode(withoutKey) };
    expect(documentsIn([haystack])).toEqual([withoutKey]);
  });

  it('is seen to have a public_key', () => {
    expect(findPublicKeys([{ name: 'there', bytes: encode(withKey) }], other)).not.toEqual([]);
  });

  it('is not accused of what its reader put into another member', () => {
    const haystack = { name: 'there', bytes: encode(withoutKey) };
    expect(findPublicKeys([haystack], spki)).toEqual([]);
    expect(findPublicKeys([haystack], other)).not.toEqual([]);
  });
});

it('a document that is cut is not found', () => {
  const bytes = withoutKey.subarray(0, -1);
  expect(documentsIn([{ name: 'there', bytes }])).toEqual([]);
});
