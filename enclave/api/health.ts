import type { FastifyInstance } from 'fastify';
import type { Readiness, ReadinessCheck } from '../readiness.ts';
import { type ApiRoute, PROBLEM_RESPONSE } from './route.ts';

const text = { type: 'string' } as const;

export const healthRoute = {
  method: 'GET',
  url: '/healthz',
  schema: {
    operationId: 'health',
    summary: 'Whether the process answers',
    description: 'Says nothing about whether it can serve: that is /readyz.',
    tags: ['inside', 'parent'],
    response: {
      200: {
        description: 'The process answers.',
        type: 'object',
        required: ['status'],
        properties: { status: { const: 'ok' } },
      },
      default: PROBLEM_RESPONSE,
    },
  },
} as const satisfies ApiRoute;

const report = {
  type: 'object',
  required: ['ready', 'closing', 'checks'],
  properties: {
    ready: { type: 'boolean' },
    closing: { type: 'boolean', description: 'Whether the enclave shuts down.' },
    checks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['check', 'ok'],
        properties: {
          check: text,
          ok: { type: 'boolean' },
          code: { ...text, description: 'Why it does not hold.' },
          reason: {
            ...text,
            description: 'What is behind it: another code, or the name of an exception of KMS.',
          },
          message: { ...text, description: 'For a person. Only inside the enclave.' },
        },
      },
    },
  },
} as const;

export const readinessRoute = {
  method: 'GET',
  url: '/readyz',
  schema: {
    operationId: 'readiness',
    summary: 'Whether the enclave can serve, and if not, why',
    description: 'Every check, with the code of what does not hold.',
    tags: ['inside', 'parent'],
    response: {
      200: { description: 'Every check holds.', ...report },
      503: { description: 'A check does not hold, or the enclave shuts down.', ...report },
      default: PROBLEM_RESPONSE,
    },
  },
} as const satisfies ApiRoute;

export interface HealthOptions {
  readonly readiness: Pick<Readiness, 'report'>;
  /** Messages can name what is inside: paths, ARNs. */
  readonly messages: 'given' | 'withheld';
}

export function addHealth(app: FastifyInstance, { readiness, messages }: HealthOptions): void {
  app.route({ ...healthRoute, handler: async () => ({ status: 'ok' }) });
  app.route({
    ...readinessRoute,
    async handler(_request, reply) {
      const { ready, closing, checks } = readiness.report();
      reply.code(ready ? 200 : 503);
      return {
        ready,
        closing,
        checks: messages === 'given' ? checks : checks.map(withoutMessage),
      };
    },
  });
}

function withoutMessage({ message: _, ...check }: ReadinessCheck): Omit<ReadinessCheck, 'message'> {
  return check;
}
