import { Buffer } from 'node:buffer';
import { KmsServiceError } from '../../shared/kms/index.ts';

/** One page of a list, and whether there is more of it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly paging: { readonly Truncated: boolean; readonly NextMarker?: string };
}

/**
 * Cuts a page from records of which one more than fits was read.
 *
 * @param nameOf - what the list is ordered by.
 */
export function cutPage<T>(
  records: readonly T[],
  limit: number,
  nameOf: (record: T) => string,
): Page<T> {
  const items = records.slice(0, limit);
  const last = items.at(-1);
  const paging =
    records.length > limit && last !== undefined
      ? { Truncated: true, NextMarker: Buffer.from(nameOf(last)).toString('base64url') }
      : { Truncated: false };
  return { items, paging };
}

/**
 * The name behind which the page begins.
 *
 * @throws {KmsServiceError} InvalidMarkerException for a marker that no page has given.
 */
export function parseMarker(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined;
  const name = Buffer.from(marker, 'base64url').toString('utf8');
  if (name === '' || Buffer.from(name).toString('base64url') !== marker) throw invalidMarker();
  return name;
}

export function invalidMarker(): KmsServiceError {
  return new KmsServiceError('InvalidMarkerException', 'Could not deserialize marker');
}
