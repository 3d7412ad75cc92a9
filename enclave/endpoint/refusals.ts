import { BrokerError, KmsError, PolicyError, TransportError } from '../../shared/errors.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';

/** What is known of a call when it is refused. */
export interface RefusedCall {
  readonly caller: string;
  readonly operation: string;
  /** As the caller named it; `*` for operations without a key. */
  readonly resource: string;
}

/** A refusal of the endpoint's own, in the words of KMS for one by a policy. */
export function accessDenied(
  { caller, operation, resource }: RefusedCall,
  because = 'the configuration of the enclave does not permit it',
): KmsServiceError {
  return new KmsServiceError(
    'AccessDeniedException',
    `User: ${caller} is not authorized to perform: kms:${operation} on resource: ${resource} because ${because}`,
  );
}

/**
 * What a caller gets to see of a failure: the exception of KMS as it is, else one that KMS has for
 * such a case, with the code of this product in its message.
 */
export function toServiceError(error: unknown, call: RefusedCall): KmsServiceError {
  if (error instanceof KmsServiceError) return error;
  if (error instanceof PolicyError) {
    return error.code === 'CALLER_ENCRYPTION_CONTEXT'
      ? accessDenied(
          call,
          'its encryption context lacks what the configuration of the enclave requires',
        )
      : accessDenied(call);
  }
  if (error instanceof KmsError && error.code === 'KMS_RECIPIENT_GIVEN') {
    return new KmsServiceError('ValidationException', describe(error));
  }
  if (error instanceof TransportError && error.code === 'TRANSPORT_TIMEOUT') {
    return new KmsServiceError('DependencyTimeoutException', describe(error), { statusCode: 503 });
  }
  return new KmsServiceError(
    'KMSInternalException',
    error instanceof BrokerError ? describe(error) : undefined,
    { statusCode: 500 },
  );
}

function describe({ code, message }: BrokerError): string {
  return `${code}: ${message}`;
}
