import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BROKER_API_ROUTES } from '../../enclave/api/broker-api.ts';
import { PARENT_API_ROUTES } from '../../enclave/api/parent-api.ts';
import { formatOpenApi } from '../../scripts/openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, object>>;
}

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'openapi.json'), 'utf8');
const { openapi, paths } = JSON.parse(text) as OpenApi;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);
const namesOf = (routes: typeof BROKER_API_ROUTES) =>
  routes.map(({ method, url }) => `${method} ${url}`);

describe('docs/openapi.json', () => {
  it('is what scripts/make-openapi.ts writes', async () => {
    expect(text).toBe(await formatOpenApi());
  });

  it('is OpenAPI 3.1 and has every path, each with problem details', () => {
    expect(openapi).toBe('3.1.0');
    expect(operations.map(({ name }) => name)).toEqual(namesOf(BROKER_API_ROUTES));
    for (const { operation } of operations) {
      expect(operation.responses.default).toHaveProperty(['content', 'application/problem+json']);
    }
  });

  it('marks what the parent is served, and what needs a signature', () => {
    const marked = operations.filter(({ operation }) => operation.tags.includes('parent'));
    expect(marked.map(({ name }) => name)).toEqual(namesOf(PARENT_API_ROUTES));
    const signed = operations.filter(({ operation }) => operation.security !== undefined);
    expect(signed.map(({ name }) => name)).toEqual(['POST /v1/derive-key']);
  });
});
