import { checkAlgorithm } from '../cryptography/algorithm.ts';
import { computeMac } from '../cryptography/mac.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID, MAC_ALGORITHM, MESSAGE } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { conditionKeys, keyOperation } from './operation.ts';

export const generateMac = keyOperation({
  name: 'GenerateMac',
  input: {
    Message: required(MESSAGE),
    KeyId: required(KEY_ID),
    MacAlgorithm: required(MAC_ALGORITHM),
    ...GRANTABLE,
  },
  conditions: (request) => conditionKeys({ 'kms:MacAlgorithm': request.MacAlgorithm }),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'GENERATE_VERIFY_MAC',
  crossAccount: true,
  states: ['Enabled'],
  check: ({ request, key }) => checkAlgorithm(request.MacAlgorithm, key),
  execute: ({ backend, request, key }) => ({
    members: {
      Mac: computeMac(backend, key, request.MacAlgorithm, request.Message),
      MacAlgorithm: request.MacAlgorithm,
      KeyId: arnOf(key),
    },
  }),
});
