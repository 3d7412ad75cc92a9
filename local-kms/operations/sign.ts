import { checkSigning, signMessage } from '../cryptography/signing/signing.ts';
import { findKey } from '../keys/lookup.ts';
import { arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID, SIGNABLE } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';
import { signingConditions } from './signing-conditions.ts';

export const sign = keyOperation({
  name: 'Sign',
  input: { KeyId: required(KEY_ID), ...SIGNABLE, ...GRANTABLE },
  conditions: signingConditions,
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'SIGN_VERIFY',
  crossAccount: true,
  states: ['Enabled'],
  check: ({ request, key }) => checkSigning(key, request),
  async execute({ backend, request, key }) {
    return {
      members: {
        KeyId: arnOf(key),
        Signature: await signMessage(backend, key, request),
        SigningAlgorithm: request.SigningAlgorithm,
      },
    };
  },
});
