import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDPOINT_OPERATIONS } from '../../../enclave/endpoint/operations.ts';
import { parseRequestMembers } from '../../../enclave/endpoint/request-members.ts';
import { KmsError } from '../../../shared/errors.ts';
import { KmsServiceError } from '../../../shared/kms/index.ts';
import { oneByteMutations } from '../../support/mutations.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const TYPES = ENDPOINT_OPERATIONS.Decrypt;

const request = {
  KeyId: 'key',
  CiphertextBlob: 'AQID',
  EncryptionContext: { tenant: 'blue', Größe: '"ß" \\ \u{1f511}' },
  GrantTokens: ['one', 'two'],
  DryRun: true,
};

/** The type of the refusal; undefined if there is none. An error of another kind is thrown on. */
function refusalOf(body: Uint8Array): string | undefined {
  try {
    parseRequestMembers(body, TYPES);
    return undefined;
  } catch (error) {
    if (error instanceof KmsServiceError) return error.type;
    if (error instanceof KmsError) return error.code;
    throw error;
  }
}

/** What was authorised must be what is sent on. */
function expectOneReading(body: Uint8Array): void {
  const { members, keyId, encryptionContext } = parseRequestMembers(body, TYPES);
  const sent = JSON.parse(JSON.stringify(members)) as Record<string, unknown>;
  expect(sent.KeyId).toBe(keyId);
  expect(Object.entries(sent.EncryptionContext ?? {})).toEqual([...encryptionContext]);
  const given = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
  const notNull = Object.entries(given).filter(([, value]) => value !== null);
  expect(sent).toEqual(Object.fromEntries(notNull));
}

describe('the members of a request', () => {
  it('come out as they went in', () => {
    const { members, keyId, encryptionContext } = parseRequestMembers(
      encode(JSON.stringify(request)),
      TYPES,
    );
    expect(members).toEqual(request);
    expect(keyId).toBe('key');
    expect(Object.fromEntries(encryptionContext)).toEqual(request.EncryptionContext);
  });

  it('may be none', () => {
    const { members, keyId, encryptionContext } = parseRequestMembers(encode(' {} '), TYPES);
    expect([members, keyId, encryptionContext.size]).toEqual([{}, undefined, 0]);
  });

  it('have one reading or are refused, whatever one byte is', () => {
    let refused = 0;
    for (const { mutated } of oneByteMutations(encode(JSON.stringify(request)))) {
      if (refusalOf(mutated) === undefined) expectOneReading(mutated);
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('have one reading or are refused, whatever the bytes are', () => {
    const text = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc
        .record({
          KeyId: fc.option(fc.string({ unit: 'binary' })),
          EncryptionContext: fc.option(fc.dictionary(fc.string(), fc.string({ unit: 'binary' }))),
        })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.oneof(text.map(encode), fc.uint8Array()), (body) => {
        if (refusalOf(body) === undefined) expectOneReading(body);
      }),
    );
  });

  it('take as many pairs as an encryption context of 8192 bytes has', () => {
    expect(refusalOf(encode(requestOfPairs(1638)))).toBeUndefined();
  });

  it.each<[string, Uint8Array, string]>([
    [
      'bytes that are no UTF-8',
      Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d),
      'SerializationException',
    ],
    ['a Recipient', encode('{"Recipient":{}}'), 'KMS_RECIPIENT_GIVEN'],
    ['a Recipient in other words', encode('{"\\u0052ecipient":null}'), 'KMS_RECIPIENT_GIVEN'],
    ['an unknown member', encode('{"recipient":{}}'), 'ValidationException'],
    ['__proto__', encode('{"__proto__":{"KeyId":"a"}}'), 'ValidationException'],
    ['a count that is none', encode('{"DryRun":1}'), 'SerializationException'],
    ['more pairs than KMS takes', encode(requestOfPairs(2048)), 'SerializationException'],
  ])('refuse %s', (_what, body, type) => {
    expect(refusalOf(body)).toBe(type);
  });
});

function requestOfPairs(count: number): string {
  const pairs = Array.from({ length: count }, (_, index) => [`${index}`, '']);
  return JSON.stringify({ EncryptionContext: Object.fromEntries(pairs) });
}
