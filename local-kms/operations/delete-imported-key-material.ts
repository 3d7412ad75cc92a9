import { unsupported } from '../errors.ts';
import { deleteMaterial, followPending, materialToDelete } from '../import/imported-material.ts';
import { changeKey } from '../keys/change.ts';
import { checkOrigin } from '../keys/check-origin.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { relatedTo } from '../keys/multi-region.ts';
import { KEY_ID, KEY_MATERIAL_ID } from '../schema/members.ts';
import { optional, required } from '../schema/shape.ts';
import { KEY_STATES } from '../store/records.ts';
import { keyOperation } from './operation.ts';

export const deleteImportedKeyMaterial = keyOperation({
  name: 'DeleteImportedKeyMaterial',
  input: { KeyId: required(KEY_ID), KeyMaterialId: optional(KEY_MATERIAL_ID) },
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: KEY_STATES,
  check({ request, key }) {
    checkOrigin(key, 'EXTERNAL');
    if (request.KeyMaterialId !== undefined && key.keySpec !== 'SYMMETRIC_DEFAULT') {
      throw unsupported('KeyMaterialId is supported for symmetric encryption keys only.');
    }
  },
  async execute({ backend, request, key }) {
    let deleted: string | undefined;
    await changeKey(backend, key, (record, { keys }) => {
      const material = materialToDelete(record, request.KeyMaterialId);
      if (material === undefined) return record;
      deleted = material.id;
      const changed = deleteMaterial(record, material);
      if (record.multiRegion === 'PRIMARY') {
        for (const other of relatedTo(keys, record)) keys.put(followPending(other, changed));
      }
      return changed;
    });
    backend.vault.forgetKeys();
    return {
      members: {
        KeyId: arnOf(key),
        KeyMaterialId: key.keySpec === 'SYMMETRIC_DEFAULT' ? deleted : undefined,
      },
    };
  },
});
