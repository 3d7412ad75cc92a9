import { BrokerError, KmsError, PolicyError, TransportError } from '../../shared/errors.ts';
import { KmsServiceError } from '../../shared/kms/index.ts';

/** What is known of a call when it is refused. */
export interface RefusedCall {
  readonly caller: string;
  readonly operation: string;
  /** As the caller named it; `*` for operations without a key. */
  readonly resource: string;
}

/**
 * What a caller gets to see of a failure: the exception of KMS as it is, else one that KMS has for
 * such a case, with the code of this product in its message.
 */
export function toServiceError(error: unknown, call: RefusedCall): KmsServiceError {
  if (error instanceof KmsServiceError) return error;
  if (error instanceof PolicyError) return accessDenied(error, call);
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

/** In the words of KMS for a refusal by a policy. */
function accessDenied(
  { code }: PolicyError,
  { caller, operation, resource }: RefusedCall,
): KmsServiceError {
  const because =
    code === 'CALLER_ENCRYPTION_CONTEXT'
      ? 'its encryption context lacks what the configuration of the enclave requires'
      : 'the configuration of the enclave does not permit it';
  return new KmsServiceError(
    'AccessDeniedException',
    `User: ${caller} is not authorized to perform: kms:${operation} on resource: ${resource} because ${because}`,
  );
}

function describe({ code, message }: BrokerError): string {
  return `${code}: ${message}`;
}
