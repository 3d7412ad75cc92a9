// Every member of every operation against AWS's own service model: a limit, a pattern, an enum value
// or a member that the schemas of this server leave out or have wrong is found here.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalKms } from '../../../local-kms/index.ts';
import { operations } from '../../../local-kms/operations/index.ts';
import { startTestKms } from '../../support/local-kms.ts';
import { type ModelShape, readServiceModel } from '../../support/service-model.ts';
import { type RawAnswer, signedPost } from '../../support/signed-post.ts';

/** A value for one member, and what must come of it. */
interface Probe {
  /** As KMS writes it: `tags.1.member.tagKey`. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** A constraint in KMS's words; `type` if the type is wrong; undefined if all is well. */
  readonly complaint: string | 'type' | undefined;
}

type Wrap = (value: unknown) => Readonly<Record<string, unknown>>;

/** Where this server differs from the model on purpose, as `operation member`. */
const DIFFERENCES: readonly string[] = [
  // Newer models let a service principal stand in its place.
  'CreateGrant granteePrincipal',
  'ListRetirableGrants retiringPrincipal',
  // The API reference is narrower than the model: 100 aliases or grants, 50 tags.
  'ListAliases limit',
  'ListGrants limit',
  'ListRetirableGrants limit',
  'ListResourceTags limit',
];

const model = readServiceModel();
const shapeNamed = (name: string): ModelShape => {
  const shape = model?.shapes[name];
  if (shape === undefined) throw new Error(`the model has no ${name}`);
  return shape;
};

const lowerFirst = (name: string) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
const zeros = (length: number) => Buffer.alloc(length).toString('base64');

/** A value that keeps to what the model says. */
function sampleOf(shape: ModelShape): unknown {
  switch (shape.type) {
    case 'string':
      return shape.enum?.[0] ?? textOf(shape, Math.max(shape.min ?? 1, 1));
    case 'blob':
      return zeros(shape.min ?? 1);
    case 'integer':
      return shape.min ?? 1;
    case 'boolean':
      return false;
    case 'timestamp':
      return 1_900_000_000;
    case 'list':
      return [sampleOf(shapeNamed(shape.member?.shape ?? ''))];
    case 'map':
      return { a: 'b' };
    case 'structure':
      return Object.fromEntries(
        (shape.required ?? []).map((name) => [name, sampleOf(memberOf(shape, name))]),
      );
    default:
      throw new Error(`unknown type ${shape.type}`);
  }
}

function textOf({ pattern }: ModelShape, length: number): string {
  const text = 'a'.repeat(length);
  return pattern === undefined || fits(pattern, text) ? text : 'us-west-2';
}

const fits = (pattern: string, text: string) => new RegExp(`^(?:${pattern})$`, 'u').test(text);

function memberOf(shape: ModelShape, name: string): ModelShape {
  return shapeNamed(shape.members?.[name]?.shape ?? '');
}

/** Values on and beyond every limit of a shape. */
function* probesOf(shape: ModelShape, path: string, wrap: Wrap): Generator<Probe> {
  const bad = (value: unknown, shown: string, rule: string): Probe => ({
    path,
    body: wrap(value),
    complaint: `Value${shown === '' ? '' : ` ${shown}`} at '${path}' failed to satisfy constraint: Member must ${rule}`,
  });
  const good = (value: unknown): Probe => ({ path, body: wrap(value), complaint: undefined });
  for (const value of wrongTypes[shape.type] ?? []) {
    yield { path, body: wrap(value), complaint: 'type' };
  }
  const { min = 0, max = 0 } = shape;
  switch (shape.type) {
    case 'string': {
      for (const value of shape.enum ?? []) yield good(value);
      if (shape.enum !== undefined) {
        yield bad('NONE', "'NONE'", `satisfy enum value set: [${shape.enum.join(', ')}]`);
      }
      if (min > 0) {
        const short = 'a'.repeat(min - 1);
        yield bad(short, `'${short}'`, `have length greater than or equal to ${min}`);
      }
      if (max > 0) {
        if (shape.pattern === undefined || fits(shape.pattern, 'a'.repeat(max))) {
          yield good('a'.repeat(max));
        }
        const long = 'a'.repeat(max + 1);
        yield bad(long, `'${long}'`, `have length less than or equal to ${max}`);
      }
      if (shape.pattern !== undefined) {
        const foreign = '\u0100'.repeat(Math.max(min, 1));
        yield bad(foreign, `'${foreign}'`, `satisfy regular expression pattern: ${shape.pattern}`);
      }
      break;
    }
    case 'blob':
      if (min > 0) yield bad(zeros(min - 1), '', `have length greater than or equal to ${min}`);
      yield good(zeros(max));
      yield bad(zeros(max + 1), '', `have length less than or equal to ${max}`);
      break;
    case 'integer':
      yield good(min);
      yield good(max);
      yield bad(min - 1, `'${min - 1}'`, `have value greater than or equal to ${min}`);
      yield bad(max + 1, `'${max + 1}'`, `have value less than or equal to ${max}`);
      break;
    case 'list': {
      const of = shapeNamed(shape.member?.shape ?? '');
      const item = sampleOf(of);
      if (max > 0) {
        yield good(Array(max).fill(item));
        const long = Array(max + 1).fill(item);
        yield bad(long, `'[${long.join(', ')}]'`, `have length less than or equal to ${max}`);
      } else {
        yield good(Array(300).fill(item));
      }
      yield* probesOf(of, `${path}.1.member`, (value) => wrap([value]));
      yield* probesOf(of, `${path}.2.member`, (value) => wrap([item, value]));
      break;
    }
    case 'structure':
      yield* probesOfMembers(shape, `${path}.`, wrap);
      break;
    default:
      yield good(sampleOf(shape));
  }
}

function* probesOfMembers(shape: ModelShape, prefix: string, wrap: Wrap): Generator<Probe> {
  const given = sampleOf(shape) as Record<string, unknown>;
  for (const name of Object.keys(shape.members ?? {})) {
    const path = `${prefix}${lowerFirst(name)}`;
    yield* probesOf(memberOf(shape, name), path, (value) => wrap({ ...given, [name]: value }));
    if (shape.required?.includes(name)) {
      const complaint = `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
      for (const absent of [undefined, null]) {
        yield { path, body: wrap({ ...given, [name]: absent }), complaint };
      }
    }
  }
}

const wrongTypes: Readonly<Record<string, readonly unknown[]>> = {
  string: [1, true, [], {}, '\ud800'],
  blob: [1, {}, '*', 'AQ'],
  integer: ['1', 1.5, 2 ** 31, true, []],
  boolean: ['true', 1, {}],
  timestamp: ['noon', true, []],
  list: ['a', {}, 1, [[]]],
  map: ['a', [], { a: 1 }, { a: {} }],
  structure: ['a', [], 1],
};

/** The order of the values of an enum is the service's own affair. */
function sortEnums(text: string): string {
  return text.replace(/set: \[(.*?)\]/g, (_all, values: string) => {
    return `set: [${values.split(', ').sort().join(', ')}]`;
  });
}

/** What is wrong with an answer, if anything is. */
function judge({ path, complaint }: Probe, { status, body }: RawAnswer): string | undefined {
  const message = sortEnums(String(body.message));
  const got = `${status} ${String(body.__type)}: ${message.slice(0, 400)}`;
  switch (complaint) {
    case 'type':
      return status === 400 && body.__type === 'SerializationException' ? undefined : got;
    case undefined:
      return status < 500 && !message.includes(` at '${path}' failed`) ? undefined : got;
    default:
      return status === 400 &&
        body.__type === 'ValidationException' &&
        message.includes(sortEnums(complaint))
        ? undefined
        : got;
  }
}

const skipped = model === undefined ? ' (SKIPPED: botocore with a current model of KMS)' : '';

describe.skipIf(model === undefined)(`validation by the service model${skipped}`, () => {
  let kms: LocalKms;
  beforeAll(async () => {
    kms = await startTestKms();
  });
  afterAll(() => kms.close());

  it.each([...operations.keys()].sort())('%s', async (operation) => {
    const input = shapeNamed(model?.operations[operation]?.input?.shape ?? '');
    const probes = [
      ...probesOfMembers(input, '', (value) => value as Record<string, unknown>),
    ].filter(({ path }) => !DIFFERENCES.includes(`${operation} ${path}`));
    expect(probes.length).toBeGreaterThan(0);
    const wrong: string[] = [];
    for (const probe of probes) {
      const body = JSON.stringify(probe.body);
      const answer = await signedPost(kms, { target: `TrentService.${operation}`, body });
      const fault = judge(probe, answer);
      if (fault !== undefined) {
        wrong.push(
          `${probe.path} ${body.slice(0, 160)} (${probe.complaint?.slice(0, 200)}): ${fault}`,
        );
      }
    }
    expect(wrong).toEqual([]);
  });
});
