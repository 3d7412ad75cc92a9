import { diffieHellman, type KeyObject } from 'node:crypto';
import { Secret } from '../../shared/secret.ts';
import { validationError } from '../errors.ts';
import { findKey } from '../keys/lookup.ts';
import { openPrivateKey } from '../keys/material.ts';
import { arnOf } from '../keys/metadata.ts';
import { parsePeerPublicKey } from '../keys/peer-public-key.ts';
import { isAgreementSpec } from '../keys/specs.ts';
import { GRANTABLE, KEY_ID, RECIPIENT } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { conditionKeys, type KeyCall, keyOperation } from './operation.ts';

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
  check: (call) => {
    peerOf(call);
  },
  execute(call) {
    const { backend, request, key } = call;
    // The x coordinate at the curve's full length, leading zeros included: SP 800-56A 5.7.1.2.
    const secret = diffieHellman({
      privateKey: openPrivateKey(backend, key),
      publicKey: peerOf(call),
    });
    return {
      members: {
        KeyId: arnOf(key),
        KeyAgreementAlgorithm: request.KeyAgreementAlgorithm,
        KeyOrigin: key.origin,
      },
      plaintext: new Secret(secret),
    };
  },
});

/** KMS answers a public key that does not fit without a text. */
function peerOf({ request, key }: KeyCall<typeof input>): KeyObject {
  const peer = isAgreementSpec(key.keySpec)
    ? parsePeerPublicKey(request.PublicKey, key.keySpec)
    : undefined;
  if (peer === undefined) throw validationError();
  return peer;
}
