import { KmsServiceError } from '../../shared/kms/index.ts';
import { Secret } from '../../shared/secret.ts';
import { validationError } from '../errors.ts';
import { DATA_KEY_BYTES, RECIPIENT } from '../schema/members.ts';
import { optional } from '../schema/shape.ts';
import { accountOperation } from './operation.ts';

export const generateRandom = accountOperation({
  name: 'GenerateRandom',
  input: {
    NumberOfBytes: optional(DATA_KEY_BYTES),
    CustomKeyStoreId: optional({ type: 'string', min: 1, max: 64 }),
    ...RECIPIENT,
  },
  execute({ backend, request }) {
    if (request.NumberOfBytes === undefined) throw validationError('NumberOfBytes is required.');
    if (request.CustomKeyStoreId !== undefined) {
      throw new KmsServiceError('CustomKeyStoreNotFoundException');
    }
    return { members: {}, plaintext: new Secret(backend.randomBytes(request.NumberOfBytes)) };
  },
});
