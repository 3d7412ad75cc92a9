import swagger from '@fastify/swagger';
import Fastify from 'fastify';
import { BROKER_API_ROUTES } from '../enclave/api/broker-api.ts';

/** OpenAPI 3.1 of the broker API, made from the schemas that its requests are held against. */
export async function formatOpenApi(): Promise<string> {
  const app = Fastify();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'nitro-key-broker',
        version: '1',
        description:
          'The broker API in an enclave. What is tagged `parent` is also served to the parent, over ' +
          'vsock, and nothing else is.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [
        {
          url: 'http://localhost',
          description: 'Inside: the Unix socket or the port of loopback that is configured.',
        },
      ],
      tags: [
        { name: 'inside', description: 'Programs in the enclave.' },
        { name: 'parent', description: 'The parent, and whoever it forwards.' },
      ],
      components: {
        securitySchemes: {
          sigv4: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description:
              "AWS Signature Version 4 of the service nitro-key-broker, with the access key of a caller's credentials file.",
          },
        },
      },
    },
  });
  for (const route of BROKER_API_ROUTES) app.route({ ...route, handler: () => undefined });
  await app.ready();
  const json = JSON.stringify(app.swagger(), withContentEncoding, 2);
  await app.close();
  return `${json.replaceAll(LIST_OF_TEXTS, onOneLine)}\n`;
}

/** The plugin writes `format: byte` of OpenAPI 3.0 for what JSON Schema and 3.1 call base64. */
function withContentEncoding(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('format' in value)) return value;
  const { format, ...schema } = value;
  return format === 'byte' ? { ...schema, contentEncoding: 'base64' } : value;
}

/** As the formatter of this project has them. */
const LIST_OF_TEXTS = /\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g;

function onOneLine(_list: string, texts: string): string {
  return `[${texts.replaceAll(/,\s+/g, ', ')}]`;
}
