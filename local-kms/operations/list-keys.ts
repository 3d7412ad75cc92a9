import { arnOf } from '../keys/metadata.ts';
import { MARKER } from '../schema/members.ts';
import { optional } from '../schema/shape.ts';
import { cutPage, parseMarker } from './marker.ts';
import { accountOperation } from './operation.ts';

const DEFAULT_LIMIT = 100;

export const listKeys = accountOperation({
  name: 'ListKeys',
  input: {
    Limit: optional({ type: 'integer', min: 1, max: 1000 }),
    Marker: optional(MARKER),
  },
  execute({ backend, request }) {
    const limit = request.Limit ?? DEFAULT_LIMIT;
    const after = parseMarker(request.Marker);
    const records = backend.store.keys.list(backend.realm, { after, limit: limit + 1 });
    const { items, paging } = cutPage(records, limit, ({ keyId }) => keyId);
    return {
      members: {
        Keys: items.map((key) => ({ KeyId: key.keyId, KeyArn: arnOf(key) })),
        ...paging,
      },
    };
  },
});
