import { Buffer } from 'node:buffer';
import { PolicyError } from '../../shared/errors.ts';
import {
  isRecipientOperation,
  KmsServiceError,
  RECIPIENT_OPERATIONS,
  type RecipientOperation,
} from '../../shared/kms/index.ts';
import type { Logger } from '../../shared/log.ts';
import type { Caller, Callers } from '../callers/index.ts';
import type { EnclaveConfig } from '../config.ts';
import type {
  AttestedAnswer,
  AttestedCall,
  JsonMembers,
  KmsAnswer,
  SignedKmsClient,
} from '../kms/index.ts';
import { type EnclaveMetrics, type Outcome, outcomeOf } from '../metrics.ts';
import { namedKeyArn } from './named-key.ts';
import { ENDPOINT_OPERATIONS, type EndpointOperation, isEndpointOperation } from './operations.ts';
import { type RefusedCall, toServiceError } from './refusals.ts';
import { parseRequestMembers } from './request-members.ts';

export interface CallAnswererOptions {
  readonly keys: EnclaveConfig['keys'];
  readonly callers: Callers;
  readonly kms: SignedKmsClient;
  readonly attestedCall: AttestedCall;
  readonly metrics: EnclaveMetrics;
  readonly logger: Logger;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic: () => number;
}

/** A request for KMS as it came in. */
export interface EndpointRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  /** Of the `X-Amz-Target` header. */
  readonly target: string | undefined;
  readonly body: Uint8Array;
}

/** What is known of a call so far, for the log, the metrics and the refusal: no contents of it. */
interface CallRecord extends RefusedCall {
  caller: string;
  operation: string;
  resource: string;
  /** Its name in the configuration. */
  key?: string | undefined;
}

const UNKNOWN = 'unknown';

/**
 * Answers requests in this order: authenticate, find the operation, read the members, find the key,
 * authorise; and only then ask KMS. What is asked is what was read, with the key as an ARN.
 *
 * A plaintext is a text in the JSON until the collector frees it, that of an Encrypt in the
 * request's: JavaScript cannot overwrite texts (SECURITY.md). Buffers are overwritten: here the
 * secret and the request to KMS, by the receiver the request that came in and the answer.
 */
export function createCallAnswerer(
  options: CallAnswererOptions,
): (request: EndpointRequest) => Promise<KmsAnswer> {
  const { callers, metrics, logger, monotonic } = options;
  return async (request) => {
    const began = monotonic();
    const call: CallRecord = { caller: UNKNOWN, operation: UNKNOWN, resource: '*' };
    const record = (outcome: Outcome, requestId: string | undefined): void => {
      const { caller, key } = call;
      // A name that is none of the endpoint's is the caller's own text, which the log lets nobody send.
      const operation = isEndpointOperation(call.operation) ? call.operation : UNKNOWN;
      metrics.callerCall(caller, operation, outcome);
      const milliseconds = Math.round(monotonic() - began);
      const level = outcome === 'ok' ? 'info' : 'warn';
      const fields = { caller, operation, key, outcome, milliseconds, requestId };
      logger[level]('endpoint call', fields);
    };
    try {
      const caller = callers.authenticate({ ...request, service: 'kms' });
      call.caller = caller.name;
      call.operation = operationOf(request.target);
      const operation = knownOperation(call.operation);
      const members = permittedMembers(options, { caller, operation, body: request.body, call });
      const answer = await ask(options, operation, members);
      record('ok', answer.requestId);
      return answer;
    } catch (error) {
      record(outcomeOf(error), error instanceof KmsServiceError ? error.requestId : undefined);
      throw toServiceError(error, call);
    }
  };
}

/** @throws {KmsServiceError} UnknownOperationException for what is no target of KMS. */
function operationOf(target: string | undefined): string {
  const [, name] = /^TrentService\.([A-Za-z]{1,64})$/.exec(target ?? '') ?? [];
  if (name === undefined) throw new KmsServiceError('UnknownOperationException');
  return name;
}

/**
 * Nobody can be permitted the others: those that administer keys, grants, and ReEncrypt.
 *
 * @throws {PolicyError} CALLER_DENIED
 */
function knownOperation(name: string): EndpointOperation {
  if (isEndpointOperation(name)) return name;
  throw new PolicyError('CALLER_DENIED', `the endpoint does not pass ${name} on`);
}

/** Reads the members of a request and checks that the caller may make the call that they are. */
function permittedMembers(
  { callers, keys }: CallAnswererOptions,
  asked: {
    readonly caller: Caller;
    readonly operation: EndpointOperation;
    readonly body: Uint8Array;
    readonly call: CallRecord;
  },
): JsonMembers {
  const { caller, operation, body, call } = asked;
  const types = ENDPOINT_OPERATIONS[operation];
  const { members, keyId, encryptionContext } = parseRequestMembers(body, types);
  if (operation === 'GenerateRandom') {
    callers.authorize(caller, { operation });
    return members;
  }
  const keyArn = namedKeyArn({
    operation,
    keyId,
    permitted: callers.keysFor(caller, operation),
    configured: Object.values(keys).map(({ arn }) => arn),
  });
  call.resource = keyArn ?? '*';
  call.key = callers.authorize(caller, { operation, keyArn, encryptionContext })?.keyName;
  return { ...members, KeyId: keyArn };
}

async function ask(
  { attestedCall, kms }: CallAnswererOptions,
  operation: EndpointOperation,
  members: JsonMembers,
): Promise<KmsAnswer> {
  if (isRecipientOperation(operation)) {
    return answerInClear(operation, await attestedCall(operation, members));
  }
  const body = Buffer.from(JSON.stringify(members));
  try {
    return await kms.send(operation, body);
  } finally {
    body.fill(0);
  }
}

/** Puts the plaintext where KMS would have put it, and disposes of it. */
function answerInClear(operation: RecipientOperation, answer: AttestedAnswer): KmsAnswer {
  const { members, plaintext, requestId } = answer;
  const { plaintextMember } = RECIPIENT_OPERATIONS[operation];
  try {
    const text = plaintext.reveal(({ buffer, byteOffset, length }) =>
      Buffer.from(buffer, byteOffset, length).toString('base64'),
    );
    return {
      body: Buffer.from(JSON.stringify({ ...members, [plaintextMember]: text })),
      requestId,
    };
  } finally {
    plaintext.dispose();
  }
}
