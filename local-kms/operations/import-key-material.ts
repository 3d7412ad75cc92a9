import { encodeBase64 } from '../../shared/encoding.ts';
import { invalidCiphertext, unsupported, validationError } from '../errors.ts';
import { openImportToken } from '../import/import-token.ts';
import { type ImportedKey, parseImportedKey } from '../import/imported-key.ts';
import { addMaterial, followPending } from '../import/imported-material.ts';
import { unwrapKeyMaterial } from '../import/unwrap.ts';
import { changeKey } from '../keys/change.ts';
import { checkOrigin } from '../keys/check-origin.ts';
import { checkState } from '../keys/check-state.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { sealMaterial } from '../keys/material.ts';
import { arnOf } from '../keys/metadata.ts';
import { relatedTo } from '../keys/multi-region.ts';
import { KEY_ID, KEY_MATERIAL_ID } from '../schema/members.ts';
import { optional, type RequestOf, required } from '../schema/shape.ts';
import { DAY_SECONDS } from '../time.ts';
import { conditionKeys, type KeyCall, keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

const MAX_DAYS = 365;
const EXPIRES = 'KEY_MATERIAL_EXPIRES';

const BLOB = { type: 'blob', min: 1, max: 6144 } as const;

const input = {
  KeyId: required(KEY_ID),
  ImportToken: required(BLOB),
  EncryptedKeyMaterial: required(BLOB),
  ValidTo: optional({ type: 'timestamp' }),
  ExpirationModel: optional({
    type: 'string',
    values: [EXPIRES, 'KEY_MATERIAL_DOES_NOT_EXPIRE'],
  }),
  ImportType: optional({ type: 'string', values: ['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL'] }),
  KeyMaterialDescription: optional({
    type: 'string',
    max: 256,
    pattern: '^[a-zA-Z0-9:/_\\s.-]+$',
  }),
  KeyMaterialId: optional(KEY_MATERIAL_ID),
} as const;

type ImportRequest = RequestOf<typeof input>;

export const importKeyMaterial = keyOperation({
  name: 'ImportKeyMaterial',
  input,
  conditions: (request) =>
    conditionKeys({
      'kms:ExpirationModel': request.ExpirationModel ?? EXPIRES,
      'kms:ValidTo': request.ValidTo === undefined ? undefined : isoTime(request.ValidTo),
    }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: CHANGEABLE,
  check({ backend, request, key }) {
    checkOrigin(key, 'EXTERNAL');
    if (key.keySpec !== 'SYMMETRIC_DEFAULT') checkNoneOfSymmetric(request);
    if (request.ImportType === 'NEW_KEY_MATERIAL' && request.KeyMaterialId !== undefined) {
      throw validationError('You cannot specify KeyMaterialId with ImportType NEW_KEY_MATERIAL.');
    }
    checkExpiration(request, backend.now() / 1000);
  },
  async execute(call) {
    const { backend, request, key } = call;
    const imported = parseImportedKey(unwrap(call), key);
    const sealed = sealMaterial(backend, key, imported.bytes, imported.id);
    await changeKey(backend, key, (record, { keys }) => {
      checkState(CHANGEABLE, record);
      const changed = addMaterial(record, {
        material: {
          ...sealed,
          validTo: request.ValidTo,
          description: request.KeyMaterialDescription,
        },
        importType: request.ImportType,
        expectedId: request.KeyMaterialId,
      });
      if (record.multiRegion === 'PRIMARY') {
        for (const other of relatedTo(keys, record)) keys.put(followPending(other, changed));
      }
      return { ...changed, ...publicKeyOf(imported) };
    });
    return {
      members: {
        KeyId: arnOf(key),
        KeyMaterialId: key.keySpec === 'SYMMETRIC_DEFAULT' ? imported.id : undefined,
      },
    };
  },
});

function unwrap({ backend, request, key }: KeyCall<typeof input>) {
  const { vault, now } = backend;
  const token = openImportToken(vault, key, request.ImportToken, now() / 1000);
  const material = unwrapKeyMaterial(
    token.algorithm,
    token.wrappingKey,
    request.EncryptedKeyMaterial,
  );
  if (material === undefined) throw invalidCiphertext();
  return material;
}

function publicKeyOf({ publicKey }: ImportedKey) {
  return publicKey === undefined ? {} : { publicKey: encodeBase64(publicKey) };
}

/** The texts here are not recorded from the service, except the one that is said to be. */
function checkExpiration({ ExpirationModel = EXPIRES, ValidTo }: ImportRequest, now: number): void {
  if (ExpirationModel !== EXPIRES) {
    if (ValidTo === undefined) return;
    throw validationError(
      'A validTo date must not be set if the ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE',
    );
  }
  if (ValidTo === undefined) {
    // Recorded.
    throw validationError(
      'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
    );
  }
  if (ValidTo <= now || ValidTo > now + MAX_DAYS * DAY_SECONDS) {
    throw validationError(`The validTo date must be within ${MAX_DAYS} days in the future`);
  }
}

/** What only keys take that can have more than one material. */
function checkNoneOfSymmetric(request: ImportRequest): void {
  const given = (['ImportType', 'KeyMaterialDescription', 'KeyMaterialId'] as const).find(
    (member) => request[member] !== undefined,
  );
  if (given !== undefined) {
    throw unsupported(`${given} is supported for symmetric encryption keys only.`);
  }
}

/** As IAM's conditions have it: without a fraction. */
function isoTime(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
