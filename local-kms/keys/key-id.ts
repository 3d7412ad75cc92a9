import { createUuid, type RandomBytes } from '../random.ts';

/** The forms of a key's id: of one region, and of those that are related across regions. */
export const KEY_ID_FORM = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;

export function createKeyId(randomBytes: RandomBytes, multiRegion: boolean): string {
  const uuid = createUuid(randomBytes);
  return multiRegion ? `mrk-${uuid.replaceAll('-', '')}` : uuid;
}
