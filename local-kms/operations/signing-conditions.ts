import type { RequestContext } from '../../shared/key-policy/index.ts';
import type { SigningRequest } from '../cryptography/signing/signing.ts';
import { conditionKeys } from './operation.ts';

/** The condition keys of Sign and Verify. */
export function signingConditions(request: SigningRequest): RequestContext {
  return conditionKeys({
    'kms:SigningAlgorithm': request.SigningAlgorithm,
    'kms:MessageType': request.MessageType ?? 'RAW',
  });
}
