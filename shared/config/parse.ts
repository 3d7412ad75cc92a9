import { Buffer } from 'node:buffer';
import { CST, Lexer, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from '../errors.ts';

/**
 * Reads one YAML or JSON document into what `schema` makes of it.
 *
 * YAML 1.2's core schema; duplicate keys, aliases and documents after the first are refused. An
 * error names the path of the key, never the value, which may be something private.
 *
 * @throws {ConfigError} CONFIG_TOO_LARGE, CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY (for schemas of
 *   `z.strictObject`), CONFIG_INVALID
 */
export function parseConfig<Schema extends z.ZodType>(
  text: string,
  options: { readonly schema: Schema; readonly maxBytes: number },
): z.output<Schema> {
  if (Buffer.byteLength(text, 'utf8') > options.maxBytes) {
    throw new ConfigError('CONFIG_TOO_LARGE', `the file has more than ${options.maxBytes} bytes`);
  }
  const result = options.schema.safeParse(parseYaml(text));
  if (!result.success) throw describeIssue(result.error.issues);
  return result.data;
}

function parseYaml(text: string): unknown {
  checkTokens(text);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    throw syntaxError(`${error.code} at line ${lines.linePos(error.pos[0]).line}`);
  }
  const value: unknown = document.toJS();
  refusePrototype(value);
  return value;
}

/** Zod leaves such a member of a record out without a word, and what it asked for with it. */
function refusePrototype(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, PROTOTYPE)) {
    throw new ConfigError('CONFIG_UNKNOWN_KEY', `${PROTOTYPE} has no meaning`, {
      details: { key: PROTOTYPE },
    });
  }
  for (const member of Object.values(value)) refusePrototype(member);
}

/**
 * Deep nesting costs the parser time and memory out of all proportion, and tags, anchors and aliases
 * have no use here: the lexer, which takes linear time, sees all of them before the parser runs.
 */
function checkTokens(text: string): void {
  let brackets = 0;
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    switch (CST.tokenType(token)) {
      case 'flow-map-start':
      case 'flow-seq-start':
        brackets += 1;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        brackets -= 1;
        break;
      case 'newline':
        indicators = 0;
        break;
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        if (brackets === 0) indicators += 1;
        break;
      case 'tag':
      case 'anchor':
      case 'alias':
        throw syntaxError('tags, anchors and aliases are not accepted');
    }
    if (brackets > MAX_NESTING || indicators > MAX_NESTING) {
      throw syntaxError(`values are nested deeper than ${MAX_NESTING}`);
    }
  }
}

function describeIssue(issues: readonly z.core.$ZodIssue[]): ConfigError {
  // A misspelt key makes another one missing: the misspelling is what to tell.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const key = formatPath([...issue.path, ...issue.keys.slice(0, 1)]);
    return new ConfigError('CONFIG_UNKNOWN_KEY', `${key} has no meaning`, { details: { key } });
  }
  const key = formatPath(issue?.path ?? []);
  const rule = issue?.message ?? 'not accepted';
  return new ConfigError('CONFIG_INVALID', `${key}: ${rule}`, { details: { key } });
}

/** For example `proxy[0].remote.port`. */
function formatPath(path: readonly PropertyKey[]): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part).slice(0, 64)}`))
    .join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

function syntaxError(message: string): ConfigError {
  return new ConfigError('CONFIG_SYNTAX', message);
}

const MAX_NESTING = 16;
const PROTOTYPE = '__proto__';
