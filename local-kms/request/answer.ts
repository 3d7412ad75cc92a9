import { BrokerError } from '../../shared/errors.ts';
import { countMembers, measureJson } from '../../shared/json-structure.ts';
import type { KeyPolicyCache } from '../../shared/key-policy/index.ts';
import { isRecipientOperation, KmsServiceError } from '../../shared/kms/index.ts';
import type { Logger } from '../../shared/log.ts';
import { type AuditSink, createAuditEvent } from '../audit/event.ts';
import type { Backend } from '../backend.ts';
import { dryRunSucceeded, validationError } from '../errors.ts';
import { checkGrantTokens } from '../grants/token.ts';
import { checkState } from '../keys/check-state.ts';
import { arnOf } from '../keys/metadata.ts';
import { keepUp } from '../keys/upkeep.ts';
import { operations } from '../operations/index.ts';
import type { Answer, AnyRequest, Call, Operation, Subject } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import { createUuid } from '../random.ts';
import type { Members } from '../schema/shape.ts';
import { validateRequest } from '../schema/validate.ts';
import type { AttestedCallRecorder } from './attested-call.ts';
import { authenticate } from './authenticate.ts';
import { accessDenied, authorisationsOf } from './authorise.ts';
import { checkAccount, checkUsage } from './check-key.ts';
import {
  type DecisionLog,
  type DecisionRecord,
  recordAuthorizations,
  recordRecipientRefusal,
} from './decisions.ts';
import type { KmsRequest } from './kms-request.ts';
import type { AttestedRecipient, RecipientInfo, RecipientVerifier } from './recipient.ts';
import { type EncodedAnswer, encodeAnswer } from './respond.ts';

/** Deeper than any request of the service model goes. */
const MAX_BODY_DEPTH = 16;

export interface Service {
  /** Each request has the realm that its signature and its caller say. */
  readonly backend: Omit<Backend, 'realm'>;
  /** By access key id. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly policies: KeyPolicyCache;
  readonly verifyRecipient: RecipientVerifier;
  readonly decisions: DecisionLog;
  readonly audit: AuditSink;
  readonly recordAttestedCall: AttestedCallRecorder | undefined;
  readonly logger: Logger;
}

/** A call of an authenticated caller, with what has become known of it so far. */
interface KmsCall {
  readonly http: KmsRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly operation: Operation;
  request?: AnyRequest;
  keyArns: readonly string[];
  recipient?: AttestedRecipient;
}

/**
 * Answers a request, in this order: parse, authenticate, find the operation, validate, find the
 * key, verify the recipient, authorise, then usage, state, the operation's own checks, DryRun; and
 * execute only when all of that has succeeded. The audit event is written before the answer leaves.
 *
 * @returns the JSON body of the answer.
 * @throws {KmsServiceError} the refusal for the client
 */
export async function answerRequest(service: Service, http: KmsRequest): Promise<string> {
  const body = parseBody(http.body);
  const now = () => service.backend.now() + http.clockOffsetMs;
  const { caller, realm } = authenticate({
    http,
    principals: service.principals,
    region: service.backend.servedRegion,
    now: now(),
  });
  // By the clock as it is: a fault that sets it ahead deletes nothing for good.
  await keepUp(service.backend);
  const backend = { ...service.backend, now, realm };
  const operation = findOperation(http.operation);
  const call: KmsCall = { http, backend, caller, operation, keyArns: [] };

  const answering = answerCall(service, call, body);
  const outcome = await answering.then(
    ({ members }) => ({ answer: members }),
    (error: unknown) => ({ error: toServiceError(error) }),
  );
  await service.audit(
    createAuditEvent({
      requestId: http.requestId,
      eventId: createUuid(backend.randomBytes),
      time: now(),
      operation: operation.name,
      caller,
      region: realm.region,
      sourceIp: http.arrival.sourceIp,
      userAgent: http.userAgent,
      request: call.request,
      keyArns: call.keyArns,
      document: call.recipient?.document,
      outcome,
    }),
  );
  return (await answering).json;
}

async function answerCall(service: Service, call: KmsCall, body: unknown): Promise<EncodedAnswer> {
  const { operation, backend, caller, http } = call;
  const request: AnyRequest = validateRequest(operation.input, body);
  call.request = request;
  const found = findSubject(operation, request, backend);
  if (found.key !== undefined) {
    call.keyArns = [arnOf(found.key)];
    checkAccount(found.operation, found.key, caller);
  }
  let answer: EncodedAnswer | undefined;
  try {
    answer = await answerValidated(service, call, request);
    return answer;
  } finally {
    // Whatever came of the call: a refused document is worth a recording too.
    const recipient = recipientOf(operation, request);
    if (recipient !== undefined) {
      await service.recordAttestedCall?.({
        requestId: http.requestId,
        operation: operation.name,
        document: recipient.AttestationDocument,
        request: http.body,
        envelope: answer?.envelope,
      });
    }
  }
}

async function answerValidated(
  service: Service,
  call: KmsCall,
  request: AnyRequest,
): Promise<EncodedAnswer> {
  const { http, backend, caller, operation } = call;
  const asked = {
    requestId: http.requestId,
    time: new Date(backend.now()).toISOString(),
    operation: operation.name,
    principal: caller.identity.arn,
  };
  const record = (decision: DecisionRecord): void => {
    service.decisions.add(decision);
    logDecision(service.logger, decision);
  };

  const recipient = await verifyRecipient(service, operation, request, (failure) =>
    record(recordRecipientRefusal(asked, failure)),
  );
  if (recipient !== undefined) call.recipient = recipient;
  // The key as it is now: its policy and state may have changed while the document was verified.
  const subject = findSubject(operation, request, backend);
  const { arrival } = http;
  const { policies } = service;
  const authorizations = authorisationsOf({
    ...subject,
    request,
    backend,
    caller,
    arrival,
    recipient,
    policies,
  });
  record(recordAuthorizations(asked, authorizations));
  call.keyArns = keysOf(authorizations.map((authorization) => authorization.request.resource));
  const refused = authorizations.find(({ effect }) => effect !== 'allow');
  if (refused !== undefined) throw accessDenied(refused);

  const answer = await execute(subject, { backend, caller, request });
  const { randomBytes } = backend;
  return encodeAnswer({ operation: operation.name, answer, recipient, randomBytes });
}

function findSubject(operation: Operation, request: AnyRequest, backend: Backend): Subject {
  return operation.about === 'account'
    ? { operation, key: undefined }
    : { operation, key: operation.findKey(request, backend) };
}

/** What remains to be checked once the caller is authorised, and then the operation itself. */
function execute({ operation, key }: Subject, call: Call<Members>): Answer | Promise<Answer> {
  const { GrantTokens, DryRun } = call.request;
  checkGrantTokens(call.backend.vault, (GrantTokens ?? []) as readonly string[]);
  if (key === undefined) return operation.execute(call);
  checkUsage(operation, key);
  checkState(operation.states, key);
  operation.check?.({ ...call, key });
  if (DryRun === true) throw dryRunSucceeded();
  return operation.execute({ ...call, key });
}

/**
 * Of a member that is given twice JSON.parse keeps the last, which might be a `Recipient` that is
 * null after one that is not.
 */
function parseBody(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = JSON.parse(text);
    const { depth, members } = measureJson(text);
    if (depth > MAX_BODY_DEPTH || countMembers(value) !== members) throw new Error('not taken');
    return value;
  } catch {
    throw new KmsServiceError('SerializationException');
  }
}

function findOperation(name: string | undefined): Operation {
  const operation = name === undefined ? undefined : operations.get(name);
  if (operation === undefined) throw new KmsServiceError('UnknownOperationException');
  return operation;
}

function recipientOf(operation: Operation, request: AnyRequest): RecipientInfo | undefined {
  if (!isRecipientOperation(operation.name)) return undefined;
  return request.Recipient as RecipientInfo | undefined;
}

/** Whether or not a policy asks for it: a recipient that does not hold stops the request. */
async function verifyRecipient(
  service: Service,
  operation: Operation,
  request: AnyRequest,
  onRefusal: (failure: BrokerError) => void,
): Promise<AttestedRecipient | undefined> {
  const recipient = recipientOf(operation, request);
  if (recipient === undefined) return undefined;
  try {
    return await service.verifyRecipient(recipient);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    onRefusal(error);
    throw validationError('The attestation document in Recipient is not valid.');
  }
}

/** Each key once: an operation may ask for several permissions on one. A key to be is none yet. */
function keysOf(resources: readonly string[]): readonly string[] {
  return [...new Set(resources)].filter((resource) => /:key\/[^*]/.test(resource));
}

/** As the client sees it: what is no refusal is a fault of this server. */
function toServiceError(error: unknown): KmsServiceError {
  if (error instanceof KmsServiceError) return error;
  return new KmsServiceError('KMSInternalException', undefined, { statusCode: 500 });
}

function logDecision(logger: Logger, decision: DecisionRecord): void {
  const { requestId, operation, principal, effect } = decision;
  const fields = { requestId, operation, principal, effect };
  if (effect === 'allow') logger.info('decision', fields);
  else logger.warn('decision', { ...fields, text: decision.text });
}
