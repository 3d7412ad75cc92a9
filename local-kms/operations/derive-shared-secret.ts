import { parsePeer } from '../cryptography/agreement/agreement.ts';
import { findKey } from '../keys/lookup.ts';
import { openCurrent } from '../keys/material.ts';
import { arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID, RECIPIENT } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { conditionKeys, keyOperation } from './operation.ts';

const input = {
  KeyId: required(KEY_ID),
  KeyAgreementAlgorithm: required({ type: 'string', values: ['ECDH'] }),
  PublicKey: required({ type: 'blob', min: 1, max: 8192 }),
  ...GRANTABLE,
  ...RECIPIENT,
} as const;

export const deriveSharedSecret = keyOperation({
  name: 'DeriveSharedSecret',
  input,
  conditions: (request) =>
    conditionKeys({ 'kms:KeyAgreementAlgorithm': request.KeyAgreementAlgorithm }),
  findKey: (request, backend) => findKey(backend, request.KeyId),
  usage: 'KEY_AGREEMENT',
  crossAccount: true,
  states: ['Enabled'],
  check({ request, key }) {
    parsePeer(request.PublicKey, key.keySpec);
  },
  execute({ backend, request, key }) {
    const derive = parsePeer(request.PublicKey, key.keySpec);
    return {
      members: {
        KeyId: arnOf(key),
        KeyAgreementAlgorithm: request.KeyAgreementAlgorithm,
        KeyOrigin: key.origin,
      },
      plaintext: derive(openCurrent(backend, key)),
    };
  },
});
