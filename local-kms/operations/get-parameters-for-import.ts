import { createKeyPair } from '../cryptography/key-pairs/key-pair.ts';
import { sealImportToken } from '../import/import-token.ts';
import {
  checkWrapping,
  WRAPPING_ALGORITHMS,
  WRAPPING_KEY_SPECS,
} from '../import/wrapping-algorithm.ts';
import { checkOrigin } from '../keys/check-origin.ts';
import { findKeyWithoutAlias } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { KEY_SPECS } from '../keys/specs.ts';
import { KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { conditionKeys, type KeyCall, keyOperation } from './operation.ts';
import { CHANGEABLE } from './states.ts';

const VALID_SECONDS = 86_400;

const input = {
  KeyId: required(KEY_ID),
  WrappingAlgorithm: required({ type: 'string', values: WRAPPING_ALGORITHMS }),
  WrappingKeySpec: required({ type: 'string', values: WRAPPING_KEY_SPECS }),
} as const;

export const getParametersForImport = keyOperation({
  name: 'GetParametersForImport',
  input,
  conditions: (request) =>
    conditionKeys({
      'kms:WrappingAlgorithm': request.WrappingAlgorithm,
      'kms:WrappingKeySpec': request.WrappingKeySpec,
    }),
  findKey: (request, backend) => findKeyWithoutAlias(backend, request.KeyId),
  states: CHANGEABLE,
  check(call) {
    checkOrigin(call.key, 'EXTERNAL');
    wrappingOf(call);
  },
  async execute(call) {
    const { backend, key } = call;
    const { algorithm, wrappingKeySpec } = wrappingOf(call);
    const { publicKey, privateKey } = await createKeyPair(KEY_SPECS[wrappingKeySpec].form);
    const validTo = backend.now() / 1000 + VALID_SECONDS;
    const token = { algorithm, validTo, wrappingKey: privateKey };
    return {
      members: {
        KeyId: arnOf(key),
        ImportToken: sealImportToken(backend.vault, key, token),
        PublicKey: publicKey,
        ParametersValidTo: validTo,
      },
    };
  },
});

function wrappingOf({ request, key }: KeyCall<typeof input>) {
  return checkWrapping({
    algorithm: request.WrappingAlgorithm,
    wrappingKeySpec: request.WrappingKeySpec,
    keySpec: key.keySpec,
    realm: key,
  });
}
