import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { aliasArn } from '../realm.ts';
import { KEY_ID, MARKER } from '../schema/members.ts';
import { optional } from '../schema/shape.ts';
import { cutPage, parseMarker } from './marker.ts';
import { accountOperation } from './operation.ts';

const DEFAULT_LIMIT = 50;

export const listAliases = accountOperation({
  name: 'ListAliases',
  input: {
    KeyId: optional(KEY_ID),
    Limit: optional({ type: 'integer', min: 1, max: 100 }),
    Marker: optional(MARKER),
  },
  execute({ backend, request }) {
    const { store, realm } = backend;
    const limit = request.Limit ?? DEFAULT_LIMIT;
    const page = { after: parseMarker(request.Marker), limit: limit + 1 };
    const records =
      request.KeyId === undefined
        ? store.aliases.list(realm, page)
        : store.aliases.of(
            { ...realm, keyId: findKeyWithoutAlias(backend, request.KeyId).keyId },
            page,
          );
    const { items, paging } = cutPage(records, limit, ({ name }) => name);
    return {
      members: {
        Aliases: items.map((alias) => ({
          AliasName: alias.name,
          AliasArn: aliasArn(realm, alias.name),
          TargetKeyId: alias.targetKeyId,
          CreationDate: alias.creationDate,
          LastUpdatedDate: alias.lastUpdatedDate,
        })),
        ...paging,
      },
    };
  },
});
