import { KmsServiceError } from '../shared/kms/index.ts';

/*
 * The refusals that more than one operation makes. The texts are the service's own, as recorded
 * from it; where it sends none, there is none.
 */

export function validationError(message?: string): KmsServiceError {
  return new KmsServiceError('ValidationException', message);
}

export function notFound(message: string): KmsServiceError {
  return new KmsServiceError('NotFoundException', message);
}

export function unsupported(message?: string): KmsServiceError {
  return new KmsServiceError('UnsupportedOperationException', message);
}

export function invalidCiphertext(): KmsServiceError {
  return new KmsServiceError('InvalidCiphertextException');
}

export function invalidKeyUsage(message: string): KmsServiceError {
  return new KmsServiceError('InvalidKeyUsageException', message);
}

export function dryRunSucceeded(): KmsServiceError {
  return new KmsServiceError(
    'DryRunOperationException',
    'The request would have succeeded, but the DryRun option is set.',
  );
}
