import { parseBase64 } from '../../shared/encoding.ts';
import { unsupported } from '../errors.ts';
import { findKey } from '../keys/lookup.ts';
import { algorithmsOf, arnOf } from '../keys/metadata.ts';
import { GRANTABLE, KEY_ID } from '../schema/members.ts';
import { required } from '../schema/shape.ts';
import { keyOperation } from './operation.ts';

export const getPublicKey = keyOperation({
  name: 'GetPublicKey',
  input: { KeyId: required(KEY_ID), GrantTokens: GRANTABLE.GrantTokens },
  findKey: (request, backend) => findKey(backend, request.KeyId),
  crossAccount: true,
  states: ['Enabled'],
  execute({ key }) {
    if (key.publicKey === undefined) throw unsupported();
    return {
      members: {
        KeyId: arnOf(key),
        PublicKey: parseBase64(key.publicKey),
        CustomerMasterKeySpec: key.keySpec,
        KeySpec: key.keySpec,
        KeyUsage: key.keyUsage,
        ...algorithmsOf(key),
      },
    };
  },
});
