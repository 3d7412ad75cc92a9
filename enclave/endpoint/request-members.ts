import { KmsError } from '../../shared/errors.ts';
import { countMembers, measureJson } from '../../shared/json-structure.ts';
import { type EncryptionContext, KmsServiceError } from '../../shared/kms/index.ts';
import type { JsonMembers } from '../kms/index.ts';
import type { MemberType, MemberTypes } from './operations.ts';

/** A request whose members are known and of their types. */
export interface RequestMembers {
  /** As they are to be sent on: null, which is absence to KMS, is left out. */
  readonly members: JsonMembers;
  readonly keyId: string | undefined;
  readonly encryptionContext: EncryptionContext;
}

/** A request is an object with arrays and objects of texts in it. */
const MAX_DEPTH = 2;

/** More pairs than an encryption context of the 8192 bytes that KMS takes can have. */
const MAX_MEMBERS = 2048;

/**
 * Reads the body of a request. What comes out is all that was in it, in one reading: what is
 * authorised is what is sent on.
 *
 * @throws {KmsServiceError} SerializationException for what is not one JSON object, gives a member
 *   twice, or a member of another type; ValidationException for a member that is not known
 * @throws {KmsError} KMS_RECIPIENT_GIVEN
 */
export function parseRequestMembers(body: Uint8Array, types: MemberTypes): RequestMembers {
  const known = new Map(Object.entries(types));
  const members: [string, unknown][] = [];
  for (const [name, value] of Object.entries(parseObject(body))) {
    if (name === 'Recipient') throw recipientGiven();
    const type = known.get(name);
    if (type === undefined) throw unknownMember(name);
    if (value === null) continue;
    checkType(name, type, value);
    members.push([name, value]);
  }
  const given = new Map(members);
  return {
    members: Object.fromEntries(members),
    keyId: given.get('KeyId') as string | undefined,
    encryptionContext: new Map(Object.entries(given.get('EncryptionContext') ?? {})),
  };
}

function parseObject(body: Uint8Array): object {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const { depth, members } = measureJson(text);
    const isSmall = depth <= MAX_DEPTH && members <= MAX_MEMBERS;
    const value: unknown = isSmall ? JSON.parse(text) : undefined;
    // JSON.parse keeps the last of members that are given twice; KMS may keep another.
    if (isObject(value) && countMembers(value) === members) return value;
  } catch {
    // Not passed on: the message of a SyntaxError quotes the text.
  }
  throw new KmsServiceError(
    'SerializationException',
    `The body is not one JSON object of at most ${MAX_MEMBERS} members that gives every one once.`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkType(name: string, type: MemberType, value: unknown): void {
  if (isOfType(type, value)) return;
  throw new KmsServiceError('SerializationException', `${name} is not of its type`);
}

function isOfType(type: MemberType, value: unknown): boolean {
  switch (type) {
    case 'text':
      return isText(value);
    case 'count':
      return Number.isInteger(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every(isText);
    case 'pairs':
      return isObject(value) && Object.entries(value).every((pair) => pair.every(isText));
  }
}

/** A lone surrogate has no UTF-8: what was compared here would not be what KMS reads. */
function isText(value: unknown): boolean {
  return typeof value === 'string' && !/\p{Surrogate}/u.test(value);
}

function recipientGiven(): KmsError {
  return new KmsError(
    'KMS_RECIPIENT_GIVEN',
    'the call brings a Recipient of its own: the endpoint adds one, and answers in clear',
  );
}

function unknownMember(name: string): KmsServiceError {
  const shown = /^[A-Za-z]{1,64}$/.test(name) ? name : 'a member';
  return new KmsServiceError(
    'ValidationException',
    `${shown} is not known to the endpoint of the enclave for this operation.`,
  );
}
