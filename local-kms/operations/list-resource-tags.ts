import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { encodeTags } from '../keys/tags.ts';
import { KEY_ID, MARKER } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { cutPage, parseMarker } from './marker.ts';
import { keyOperation } from './operation.ts';

const DEFAULT_LIMIT = 50;

export const listResourceTags = keyOperation({
  name: 'ListResourceTags',
  input: {
    KeyId: required(KEY_ID),
    Limit: optional({ type: 'integer', min: 1, max: 50 }),
    Marker: optional(MARKER),
  },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: KEY_STATES,
  execute({ request, key }) {
    const after = parseMarker(request.Marker);
    const tags = key.tags.filter((tag) => after === undefined || tag.key > after);
    const { items, paging } = cutPage(tags, request.Limit ?? DEFAULT_LIMIT, (tag) => tag.key);
    return { members: { Tags: encodeTags(items), ...paging } };
  },
});
