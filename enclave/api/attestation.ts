import type { FastifyInstance } from 'fastify';
import { type BindingPurpose, MAX_CLIENT_DATA_BYTES } from '../../shared/attestation/index.ts';
import { encodeBase64, parseBase64 } from '../../shared/encoding.ts';
import { type ClientAttester, MAX_CLIENT_NONCE_BYTES } from '../attestation/index.ts';
import { readJson } from './app.ts';
import { type ApiRoute, base64Of, PROBLEM_RESPONSE } from './route.ts';

export const attestationRoute = {
  method: 'POST',
  url: '/v1/attestation',
  bodyLimit: 16_384,
  schema: {
    operationId: 'attest',
    summary: 'An attestation document for a client',
    description:
      'Makes a document whose nonce is the given one, whose user_data is the SHA-384 of the ' +
      'binding, and whose public_key is null: docs/client-attestation.md. The purpose in the binding ' +
      'is that of an enclave inside, and that of a client towards the parent.',
    tags: ['inside', 'parent'],
    body: {
      type: 'object',
      additionalProperties: false,
      required: ['nonce', 'data'],
      properties: {
        nonce: base64Of(
          1,
          MAX_CLIENT_NONCE_BYTES,
          `1 to ${MAX_CLIENT_NONCE_BYTES} bytes that the client issued for this exchange.`,
        ),
        data: base64Of(
          0,
          MAX_CLIENT_DATA_BYTES,
          `Up to ${MAX_CLIENT_DATA_BYTES} bytes to be bound, for example a public key. May be empty.`,
        ),
      },
    },
    response: {
      200: {
        description: 'The document, and what it is bound to.',
        type: 'object',
        additionalProperties: false,
        required: ['document', 'binding'],
        properties: {
          document: {
            type: 'string',
            contentEncoding: 'base64',
            description: 'COSE_Sign1, as the secure module made it.',
          },
          binding: {
            type: 'string',
            contentEncoding: 'base64',
            description: 'The structure that the user_data of the document is the SHA-384 of.',
          },
        },
      },
      default: PROBLEM_RESPONSE,
    },
  },
} as const satisfies ApiRoute;

interface AttestationBody {
  readonly nonce: string;
  readonly data: string;
}

export interface AttestationOptions {
  readonly attester: ClientAttester;
  /** Who can reach the path. A request cannot choose it. */
  readonly purpose: BindingPurpose;
}

export function addAttestation(
  app: FastifyInstance,
  { attester, purpose }: AttestationOptions,
): void {
  app.route<{ Body: AttestationBody }>({
    ...attestationRoute,
    preValidation: readJson,
    async handler({ body }) {
      const { document, binding } = await attester.attest({
        purpose,
        nonce: parseBase64(body.nonce),
        data: parseBase64(body.data),
      });
      return { document: encodeBase64(document), binding: encodeBase64(binding) };
    },
  });
}
