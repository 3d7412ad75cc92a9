import { describe, expect, it } from 'vitest';
import { optional, required } from '../../../local-kms/schema/shape.ts';
import { validateRequest } from '../../../local-kms/schema/validate.ts';
import { KmsServiceError } from '../../../shared/kms/index.ts';

const members = {
  KeyId: required({ type: 'string', min: 1, max: 8 }),
  AliasName: optional({ type: 'string', pattern: '^[a-z]+$' }),
  KeySpec: optional({ type: 'string', values: ['AES_256', 'AES_128'] }),
  NumberOfBytes: optional({ type: 'integer', min: 1, max: 1024 }),
  Plaintext: optional({ type: 'blob', min: 1, max: 4 }),
  DryRun: optional({ type: 'boolean' }),
  EncryptionContext: optional({ type: 'string-map' }),
  GrantTokens: optional({ type: 'list', of: { type: 'string', min: 1, max: 4 }, max: 2 }),
  Recipient: optional({
    type: 'structure',
    members: {
      KeyEncryptionAlgorithm: required({ type: 'string', values: ['RSAES_OAEP_SHA_256'] }),
    },
  }),
} as const;

function refusal(body: unknown): KmsServiceError {
  try {
    validateRequest(members, body);
  } catch (error) {
    if (error instanceof KmsServiceError) return error;
  }
  throw new Error('the request was not refused');
}

describe('request validation', () => {
  it('answers every member in its own type, and ignores the unknown', () => {
    const request = validateRequest(members, {
      KeyId: 'key',
      Plaintext: 'AQI=',
      EncryptionContext: { __proto__x: 'a', b: '' },
      GrantTokens: ['one'],
      DryRun: null,
      Extra: 1,
    });
    expect(request).toEqual({
      KeyId: 'key',
      Plaintext: new Uint8Array([1, 2]),
      EncryptionContext: new Map([
        ['__proto__x', 'a'],
        ['b', ''],
      ]),
      GrantTokens: ['one'],
    });
  });

  it('complains of no more than a hundred constraints, however many do not hold', () => {
    const { wireMessage = '' } = refusal({ KeyId: 'key', GrantTokens: Array(300_000).fill('') });
    expect(wireMessage).toMatch(/^100 validation errors detected: Value '\[, /);
    expect(wireMessage).toContain("at 'grantTokens.99.member'");
    expect(wireMessage).not.toContain("at 'grantTokens.100.member'");
  });

  it('keeps an encryption context key that is named __proto__', () => {
    const body = JSON.parse('{"KeyId":"k","EncryptionContext":{"__proto__":"x"}}');
    expect(validateRequest(members, body).EncryptionContext).toEqual(new Map([['__proto__', 'x']]));
  });

  it.each([
    [{}, "Value null at 'keyId' failed to satisfy constraint: Member must not be null"],
    [
      { KeyId: null },
      "Value null at 'keyId' failed to satisfy constraint: Member must not be null",
    ],
    [
      { KeyId: '' },
      "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { KeyId: 'aaaaaaaaa' },
      "Value 'aaaaaaaaa' at 'keyId' failed to satisfy constraint: Member must have length less than or equal to 8",
    ],
    [
      { KeyId: 'k', AliasName: 'A' },
      "Value 'A' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]+$",
    ],
    [
      { KeyId: 'k', KeySpec: 'AES_1' },
      "Value 'AES_1' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]",
    ],
    [
      { KeyId: 'k', NumberOfBytes: 0 },
      "Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { KeyId: 'k', NumberOfBytes: 1025 },
      "Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024",
    ],
    [
      { KeyId: 'k', Plaintext: '' },
      "Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { KeyId: 'k', Plaintext: 'AAAAAAA=' },
      "Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4",
    ],
    [
      { KeyId: 'k', GrantTokens: ['a', 'b', 'c'] },
      "Value '[a, b, c]' at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 2",
    ],
    [
      { KeyId: 'k', GrantTokens: ['a', ''] },
      "Value '' at 'grantTokens.2.member' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { KeyId: 'k', Recipient: {} },
      "Value null at 'recipient.keyEncryptionAlgorithm' failed to satisfy constraint: Member must not be null",
    ],
  ])('refuses %j in the words of KMS', (body, complaint) => {
    expect(refusal(body)).toMatchObject({
      type: 'ValidationException',
      wireMessage: `1 validation error detected: ${complaint}`,
    });
  });

  it('counts and joins what does not hold', () => {
    expect(refusal({ KeyId: '', NumberOfBytes: 0 }).wireMessage).toBe(
      "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '0' at 'numberOfBytes' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  });

  it.each([
    [[]],
    [null],
    ['text'],
    [{ KeyId: 1 }],
    [{ KeyId: ['k'] }],
    [{ KeyId: '\ud800' }],
    [{ KeyId: 'k', NumberOfBytes: '1' }],
    [{ KeyId: 'k', NumberOfBytes: 1.5 }],
    [{ KeyId: 'k', NumberOfBytes: 2 ** 31 }],
    [{ KeyId: 'k', Plaintext: 'AQ' }],
    [{ KeyId: 'k', Plaintext: 'A Q=' }],
    [{ KeyId: 'k', Plaintext: 'AQ=\n' }],
    [{ KeyId: 'k', DryRun: 'true' }],
    [{ KeyId: 'k', EncryptionContext: [] }],
    [{ KeyId: 'k', EncryptionContext: { a: 1 } }],
    [{ KeyId: 'k', EncryptionContext: { '\udc00': 'x' } }],
    [{ KeyId: 'k', GrantTokens: 'one' }],
    [{ KeyId: 'k', Recipient: 'x' }],
  ])('refuses %j for its types', (body) => {
    expect(refusal(body).type).toBe('SerializationException');
  });
});
