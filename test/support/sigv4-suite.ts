import { readFileSync } from 'node:fs';
import type { Header } from '../../shared/kms/sigv4/canonical.ts';

/** One case of AWS's own SigV4 suite, in header and in query form. */
export interface SuiteCase {
  readonly name: string;
  readonly context: {
    readonly credentials: {
      readonly access_key_id: string;
      readonly secret_access_key: string;
      readonly token?: string;
    };
    readonly normalize: boolean;
    readonly region: string;
    readonly service: string;
    readonly timestamp: string;
  };
  file(name: string): string;
}

export interface SuiteRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export function readSuite(path: string): readonly SuiteCase[] {
  const suite = JSON.parse(readFileSync(path, 'utf8')) as {
    cases: Record<string, Record<string, string> & { 'context.json': SuiteCase['context'] }>;
  };
  return Object.entries(suite.cases).map(([name, files]) => ({
    name,
    context: files['context.json'],
    file: (file) => {
      const text = files[file];
      if (text === undefined) throw new Error(`${name} has no ${file}`);
      return text;
    },
  }));
}

export function parseSuiteRequest(text: string): SuiteRequest {
  const [head = '', ...rest] = text.split('\n\n');
  const [requestLine = '', ...headerLines] = head.trimEnd().split('\n');
  const { method = '', url = '' } =
    /^(?<method>\S+) (?<url>.*) HTTP\/1\.1$/.exec(requestLine)?.groups ?? {};
  const [path = '', query = ''] = url.split('?');
  return {
    method,
    url,
    path,
    query,
    headers: headerLines.map((line): Header => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
    body: new TextEncoder().encode(rest.join('\n\n')),
  };
}
