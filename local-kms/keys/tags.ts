import type { RequestContext } from '../../shared/key-policy/index.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';
import type { TAGS } from '../schema/members.ts';
import type { ValueOf } from '../schema/shape.ts';
import type { KeyRecord } from '../store/records.ts';

type TagList = ValueOf<typeof TAGS>;
type Tags = KeyRecord['tags'];

const MAX_TAGS = 50;

/** What the keys and values of tags are made of, everywhere in AWS. */
export const TAG_FORM = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/**
 * Tags with those of a request added to them, or put in their place.
 *
 * @returns them in the order of their keys.
 * @throws {KmsServiceError} TagException
 */
export function addTags(tags: Tags, added: TagList): Tags {
  if (added.length > MAX_TAGS) throw tagError('Too many tags');
  const byKey = new Map(added.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
  if (byKey.size < added.length) throw tagError('Duplicate tag keys');
  checkTagKeys([...byKey.keys()]);
  if (![...byKey].flat().every((text) => TAG_FORM.test(text))) throw tagError('Invalid tag');
  const all = new Map([...tags.map(({ key, value }) => [key, value] as const), ...byKey]);
  if (all.size > MAX_TAGS) throw tagError('Too many tags');
  return [...all].map(([key, value]) => ({ key, value })).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** @throws {KmsServiceError} TagException for a key that only AWS itself gives. */
export function checkTagKeys(keys: readonly string[]): void {
  if (keys.some((key) => key.toLowerCase().startsWith('aws:'))) {
    throw tagError('Tags beginning with aws: are reserved');
  }
}

export function encodeTags(tags: Tags) {
  return tags.map(({ key, value }) => ({ TagKey: key, TagValue: value }));
}

/** The condition keys that the tags in a request give: `aws:TagKeys`, `aws:RequestTag/*`. */
export function requestTagConditions(tags: TagList | undefined): RequestContext {
  if (tags === undefined || tags.length === 0) return new Map();
  return new Map<string, readonly string[]>([
    ['aws:TagKeys', tags.map(({ TagKey }) => TagKey)],
    ...tags.map(({ TagKey, TagValue }) => [`aws:RequestTag/${TagKey}`, [TagValue]] as const),
  ]);
}

/** The condition keys that the tags of a key give: `aws:ResourceTag/*`. */
export function resourceTagConditions({ tags }: KeyRecord): RequestContext {
  return new Map(tags.map(({ key, value }) => [`aws:ResourceTag/${key}`, [value]]));
}

function tagError(message: string): KmsServiceError {
  return new KmsServiceError('TagException', message);
}
