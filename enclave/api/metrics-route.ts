import type { FastifyInstance } from 'fastify';
import { type ApiRoute, PROBLEM_RESPONSE } from './route.ts';

export const metricsRoute = {
  method: 'GET',
  url: '/metrics',
  schema: {
    operationId: 'metrics',
    summary: 'Counts and durations for Prometheus',
    description: 'Labels are operations, codes, and the names of the configured callers.',
    tags: ['inside', 'parent'],
    response: {
      200: {
        description: "Prometheus' text format 0.0.4.",
        content: { 'text/plain': { schema: { type: 'string' } } },
      },
      default: PROBLEM_RESPONSE,
    },
  },
} as const satisfies ApiRoute;

/** What /metrics answers. */
export interface MetricsText {
  text(): Promise<string>;
}

export function addMetrics(app: FastifyInstance, metrics: MetricsText): void {
  app.route({
    ...metricsRoute,
    async handler(_request, reply) {
      reply.type('text/plain; version=0.0.4; charset=utf-8');
      return metrics.text();
    },
  });
}
