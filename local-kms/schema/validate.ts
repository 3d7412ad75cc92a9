import { KmsServiceError } from '../../shared/kms/index.ts';
import { decodeBase64 } from './base64.ts';
import type { Members, RequestOf, Shape, StringShape } from './shape.ts';

/** As far from 1970 as a date of ECMAScript can be, in seconds. */
const MAX_TIMESTAMP = 8.64e12;

/** A request of a megabyte can break hundreds of thousands of constraints. */
const MAX_COMPLAINTS = 100;

/** One constraint that does not hold, in the words of KMS. */
type Complaint = string;

/**
 * Checks a request against its schema, in two steps as KMS does: types first, then constraints.
 *
 * Members that the schema does not know are ignored, and null is absence, as in KMS, unless the
 * member says otherwise.
 *
 * @throws {KmsServiceError} SerializationException for a member of a wrong type;
 *   ValidationException with the constraints that do not hold, up to a hundred of them.
 */
export function validateRequest<M extends Members>(members: M, body: unknown): RequestOf<M> {
  const request = readStructure(members, body);
  const complaints = [...first(MAX_COMPLAINTS, checkStructure(members, request, ''))];
  if (complaints.length > 0) {
    const count = `${complaints.length} validation error${complaints.length === 1 ? '' : 's'}`;
    throw new KmsServiceError('ValidationException', `${count} detected: ${complaints.join('; ')}`);
  }
  return request as RequestOf<M>;
}

type Structure = Readonly<Record<string, unknown>>;

function readStructure(members: Members, value: unknown): Structure {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(value, 'a structure');
  }
  const request: Record<string, unknown> = {};
  for (const [name, { shape, notNull }] of Object.entries(members)) {
    const member = Object.hasOwn(value, name) ? (value as Structure)[name] : undefined;
    if (member !== undefined && member !== null) request[name] = readValue(shape, member);
    else request[name] = notNull ? member : undefined;
  }
  return request;
}

function readValue(shape: Shape, value: unknown): unknown {
  switch (shape.type) {
    case 'string':
      return readString(value);
    case 'blob':
      return readBlob(value);
    case 'integer':
      // The service's integers have 32 bits.
      if (typeof value !== 'number' || (value | 0) !== value) throw wrongType(value, 'an Integer');
      return value;
    case 'timestamp':
      if (typeof value !== 'number' || Math.abs(value) > MAX_TIMESTAMP) {
        throw wrongType(value, 'a Timestamp');
      }
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(value, 'a Boolean');
      return value;
    case 'list':
      if (!Array.isArray(value)) throw wrongType(value, 'a List');
      return value.map((item) => readValue(shape.of, item));
    case 'string-map':
      return readStringMap(value);
    case 'structure':
      return readStructure(shape.members, value);
  }
}

function readString(value: unknown): string {
  // A lone surrogate has no UTF-8: two such texts would be written as the same bytes.
  if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw wrongType(value, 'a String');
  return value;
}

function readBlob(value: unknown): Uint8Array {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  if (bytes === undefined) throw wrongType(value, 'a Blob');
  return bytes;
}

function readStringMap(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongType(value, 'a Map');
  }
  return new Map(Object.entries(value).map(([key, text]) => [readString(key), readString(text)]));
}

function wrongType(value: unknown, wanted: string): KmsServiceError {
  const token = value === null ? 'NULL' : Array.isArray(value) ? 'LIST' : typeof value;
  return new KmsServiceError(
    'SerializationException',
    `${token.toUpperCase()}_VALUE can not be converted to ${wanted}`,
  );
}

function* first<T>(count: number, items: Iterable<T>): Generator<T> {
  let left = count;
  for (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

function* checkStructure(members: Members, value: Structure, prefix: string): Generator<Complaint> {
  for (const [name, { shape, required }] of Object.entries(members)) {
    const path = `${prefix}${name[0]?.toLowerCase() ?? ''}${name.slice(1)}`;
    const member = value[name];
    if (member === null || (member === undefined && required)) {
      yield complain('Value null', path, 'not be null');
    } else if (member !== undefined) {
      yield* checkValue(shape, member, path);
    }
  }
}

function* checkValue(shape: Shape, value: unknown, path: string): Generator<Complaint> {
  switch (shape.type) {
    case 'string': {
      const text = value as string;
      for (const rule of brokenRules(shape, text)) yield complain(`Value '${text}'`, path, rule);
      break;
    }
    case 'blob':
      for (const rule of checkLength((value as Uint8Array).length, shape.min, shape.max)) {
        yield complain('Value', path, rule);
      }
      break;
    case 'integer':
      for (const rule of checkRange(value as number, shape.min, shape.max)) {
        yield complain(`Value '${value}'`, path, rule);
      }
      break;
    case 'list': {
      const items = value as readonly unknown[];
      for (const rule of checkLength(items.length, undefined, shape.max)) {
        yield complain(`Value '[${items.join(', ')}]'`, path, rule);
      }
      for (const [i, item] of items.entries()) {
        yield* checkValue(shape.of, item, `${path}.${i + 1}.member`);
      }
      break;
    }
    case 'structure':
      yield* checkStructure(shape.members, value as Structure, `${path}.`);
      break;
    case 'boolean':
    case 'timestamp':
    case 'string-map':
      break;
  }
}

function brokenRules({ min, max, pattern, values }: StringShape, text: string): readonly string[] {
  return [
    ...checkLength(text.length, min, max),
    ...(pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(text)
      ? [`satisfy regular expression pattern: ${pattern}`]
      : []),
    ...(values !== undefined && !values.includes(text)
      ? [`satisfy enum value set: [${values.join(', ')}]`]
      : []),
  ];
}

function checkLength(length: number, min: number | undefined, max: number | undefined): string[] {
  if (min !== undefined && length < min) {
    return [`have length greater than or equal to ${min}`];
  }
  if (max !== undefined && length > max) return [`have length less than or equal to ${max}`];
  return [];
}

function checkRange(value: number, min: number, max: number): string[] {
  if (value < min) return [`have value greater than or equal to ${min}`];
  if (value > max) return [`have value less than or equal to ${max}`];
  return [];
}

function complain(value: string, path: string, rule: string): Complaint {
  return `${value} at '${path}' failed to satisfy constraint: Member must ${rule}`;
}
