import type { FastifySchema } from 'fastify';

/** A path of an API, with the schema that its requests are held against and that documents it. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly bodyLimit?: number;
  /** In OpenAPI's words, beside what is checked. */
  readonly schema: FastifySchema & {
    readonly operationId: string;
    readonly summary: string;
    readonly description: string;
    readonly tags: readonly ('inside' | 'parent')[];
    readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  };
}

/** Bytes in base64 with padding. */
export function base64Of(minBytes: number, maxBytes: number, description: string) {
  return {
    type: 'string',
    contentEncoding: 'base64',
    minLength: base64Length(minBytes),
    maxLength: base64Length(maxBytes),
    description,
  } as const;
}

function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

/** Every answer that is no success. */
export const PROBLEM_RESPONSE = {
  description: 'Problem details of RFC 9457. docs/error-codes.md explains each code.',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['status', 'title', 'code'],
        properties: {
          status: { type: 'integer', description: 'The status of the answer.' },
          title: { type: 'string', description: 'The phrase of the status.' },
          code: {
            type: 'string',
            description: 'A code of this product, the name of an exception of KMS, or INTERNAL.',
          },
          detail: { type: 'string', description: 'What is wrong with the request.' },
        },
      },
    },
  },
} as const;
