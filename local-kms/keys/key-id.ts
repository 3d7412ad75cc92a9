import { createUuid, type RandomBytes } from '../random.ts';

/** Makes the id of a key of one region, or of those that are related across regions. */
export function createKeyId(randomBytes: RandomBytes, multiRegion: boolean): string {
  const uuid = createUuid(randomBytes);
  return multiRegion ? `mrk-${uuid.replaceAll('-', '')}` : uuid;
}
