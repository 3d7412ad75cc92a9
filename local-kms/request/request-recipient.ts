import { BrokerError } from '../../shared/errors.ts';
import { isRecipientOperation } from '../../shared/kms/index.ts';
import { validationError } from '../errors.ts';
import type { AnyRequest, Operation } from '../operations/operation.ts';
import type { AttestedRecipient, RecipientInfo, RecipientVerifier } from './recipient.ts';

/** The `Recipient` of a request for one of the operations that take one. */
export function recipientOf(operation: Operation, request: AnyRequest): RecipientInfo | undefined {
  if (!isRecipientOperation(operation.name)) return undefined;
  return request.Recipient as RecipientInfo | undefined;
}

/**
 * Verifies a recipient, whether or not a policy asks for it: one that does not hold stops the
 * request, and the client is not told why.
 *
 * @throws {KmsServiceError} ValidationException
 */
export async function verifyRecipient(
  recipient: RecipientInfo | undefined,
  options: {
    readonly verify: RecipientVerifier;
    readonly onRefusal: (failure: BrokerError) => void;
  },
): Promise<AttestedRecipient | undefined> {
  if (recipient === undefined) return undefined;
  try {
    return await options.verify(recipient);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    options.onRefusal(error);
    throw validationError('The attestation document in Recipient is not valid.');
  }
}
