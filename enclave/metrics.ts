import { BrokerError } from '../shared/errors.ts';
import { KmsServiceError } from '../shared/kms/index.ts';

/** How a call ended: a code of this product, the name of a KMS exception, or `ok`. */
export type Outcome = string;

/** What the parts of the enclave count. Names of callers, keys and operations only: no contents. */
export interface EnclaveMetrics {
  /** A call to KMS, and how long it took in milliseconds. */
  kmsCall(operation: string, outcome: Outcome, milliseconds: number): void;
  /** A call that a program in the enclave made, over the endpoint or the API. */
  callerCall(caller: string, operation: string, outcome: Outcome): void;
  /** A document made by the NSM. */
  document(purpose: 'recipient' | 'client', outcome: Outcome): void;
  /** A log line that nobody took. */
  logDropped(): void;
}

/** How a call ended that threw. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof KmsServiceError) return error.type;
  return error instanceof BrokerError ? error.code : 'error';
}

/** Counts nothing. */
export const silentMetrics: EnclaveMetrics = {
  kmsCall() {},
  callerCall() {},
  document() {},
  logDropped() {},
};
