import { KmsServiceError } from '../../shared/kms/index.ts';
import { checkSigning, verifyMessage } from '../cryptography/signing/signing.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID, SIGNABLE } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { signingConditions } from './signing-conditions.ts';

export const verify = keyOperation({
  name: 'Verify',
  input: {
    KeyId: required(KEY_ID),
    ...SIGNABLE,
    Signature: required({ type: 'blob', min: 1, max: 6144 }),
    ...GRANTABLE,
  },
  conditions: signingConditions,
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'SIGN_VERIFY',
  crossAccount: true,
  states: ['Enabled'],
  check({ request, key }) {
    checkSigning(key, request);
    if (!verifyMessage(key, request)) throw new KmsServiceError('KMSInvalidSignatureException');
  },
  execute: ({ request, key }) => ({
    members: {
      KeyId: arnOf(key),
      SignatureValid: true,
      SigningAlgorithm: request.SigningAlgorithm,
    },
  }),
});
