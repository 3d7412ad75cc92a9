import { KmsServiceError } from '../../shared/kms/index.ts';
import { checkAlgorithm } from '../cryptography/algorithm.ts';
import { computeMac, equalMacs } from '../cryptography/mac.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID, MAC_ALGORITHM, MESSAGE } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { conditionKeys, keyOperation } from './operation.ts';

export const verifyMac = keyOperation({
  name: 'VerifyMac',
  input: {
    Message: required(MESSAGE),
    KeyId: required(KEY_ID),
    MacAlgorithm: required(MAC_ALGORITHM),
    Mac: required({ type: 'blob', min: 1, max: 6144 }),
    ...GRANTABLE,
  },
  conditions: (request) => conditionKeys({ 'kms:MacAlgorithm': request.MacAlgorithm }),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'GENERATE_VERIFY_MAC',
  crossAccount: true,
  states: ['Enabled'],
  check({ backend, request, key }) {
    checkAlgorithm(request.MacAlgorithm, key);
    const mac = computeMac(backend, key, request.MacAlgorithm, request.Message);
    if (!equalMacs(mac, request.Mac)) throw new KmsServiceError('KMSInvalidMacException');
  },
  execute: ({ request, key }) => ({
    members: { KeyId: arnOf(key), MacValid: true, MacAlgorithm: request.MacAlgorithm },
  }),
});
