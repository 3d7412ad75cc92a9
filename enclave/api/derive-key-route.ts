import { type ApiRoute, base64Of, PROBLEM_RESPONSE } from './route.ts';

/** An uncompressed point on P-521, the largest, with explicit room for its algorithm. */
const MAX_SPKI_BYTES = 256;
/** HKDF and the one-step derivations stop at 255 blocks; those with SHA-512 are the longest. */
const MAX_KEY_BYTES = 255 * 64;
const MIN_KEY_BYTES = 16;
/** A block of the largest hash. */
const MAX_SALT_BYTES = 128;
const MAX_FIELD_BYTES = 4096;

const hash = { enum: ['SHA-256', 'SHA-384', 'SHA-512'] } as const;

export const deriveKeyRoute = {
  method: 'POST',
  url: '/v1/derive-key',
  bodyLimit: 32_768,
  schema: {
    operationId: 'deriveKey',
    summary: 'A key that is agreed on with the holder of a public key',
    description:
      'Has KMS agree on a shared secret (DeriveSharedSecret, attested), and derives a key from it ' +
      'by SP 800-56C. The caller signs with SigV4 for the service nitro-key-broker, with the access ' +
      'key of its credentials file; the configuration must permit it DeriveKey on the key, which ' +
      'is another permission than that to DeriveSharedSecret. docs/key-derivation.md gives the ' +
      'derivations.',
    tags: ['inside'],
    security: [{ sigv4: [] }],
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['key', 'publicKey', 'kdf', 'fixedInfo', 'lengthBytes'],
      properties: {
        key: {
          type: 'string',
          pattern: '^[a-z][a-z0-9-]{0,62}$',
          description: 'The name of a key of the configuration.',
        },
        publicKey: base64Of(1, MAX_SPKI_BYTES, 'Of the peer: SubjectPublicKeyInfo in DER.'),
        kdf: {
          oneOf: [
            {
              type: 'object',
              additionalProperties: false,
              required: ['kind', 'hash'],
              properties: { kind: { const: 'one-step' }, hash },
            },
            {
              type: 'object',
              additionalProperties: false,
              required: ['kind', 'hash'],
              properties: {
                kind: { enum: ['one-step-hmac', 'hkdf'] },
                hash,
                salt: base64Of(1, MAX_SALT_BYTES, 'Zeros if there is none.'),
              },
            },
          ],
        },
        fixedInfo: {
          type: 'object',
          additionalProperties: false,
          required: ['algorithmId', 'partyU', 'partyV'],
          description: 'What the key is bound to: SP 800-56A section 5.8.2.',
          properties: {
            algorithmId: base64Of(1, MAX_FIELD_BYTES, 'How the key will be used.'),
            partyU: base64Of(1, MAX_FIELD_BYTES, 'The party that initiates.'),
            partyV: base64Of(1, MAX_FIELD_BYTES, 'The party that responds.'),
            suppPubInfo: base64Of(1, MAX_FIELD_BYTES, 'What else both know, and anyone may.'),
          },
        },
        lengthBytes: { type: 'integer', minimum: MIN_KEY_BYTES, maximum: MAX_KEY_BYTES },
      },
    },
    response: {
      200: {
        description: 'The key.',
        type: 'object',
        additionalProperties: false,
        required: ['derivedKey'],
        properties: { derivedKey: { type: 'string', contentEncoding: 'base64' } },
      },
      default: PROBLEM_RESPONSE,
    },
  },
} as const satisfies ApiRoute;
