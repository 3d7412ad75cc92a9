import { KmsServiceError } from '../../shared/kms/index.ts';
import { createAuditEvent } from '../audit/event.ts';
import type { Backend } from '../backend.ts';
import { arnOf } from '../keys/metadata.ts';
import { keepUp } from '../keys/upkeep.ts';
import { operations } from '../operations/index.ts';
import type { AnyRequest, Operation, Subject } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import { createUuid } from '../random.ts';
import { validateRequest } from '../schema/validate.ts';
import { authenticate } from './authenticate.ts';
import { accessDenied, authorisationsOf } from './authorise.ts';
import { checkAccount } from './check-key.ts';
import { recordAuthorizations, recordRecipientRefusal } from './decisions.ts';
import { execute } from './execute.ts';
import { guardWrites } from './guarded-store.ts';
import type { KmsRequest } from './kms-request.ts';
import { noteDecision } from './note-decision.ts';
import { parseBody } from './parse-body.ts';
import type { AttestedRecipient } from './recipient.ts';
import { recipientOf, verifyRecipient } from './request-recipient.ts';
import { type EncodedAnswer, encodeAnswer } from './respond.ts';
import type { Service } from './service.ts';

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
 * execute only when all of that has succeeded. What changes the store is authorised once more in its
 * transaction. The audit event is written before the answer leaves.
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
  const recipient = await verifyRecipient(recipientOf(operation, request), {
    verify: service.verifyRecipient,
    onRefusal: (failure) => noteDecision(service, recordRecipientRefusal(asked, failure)),
  });
  if (recipient !== undefined) call.recipient = recipient;
  const { arrival } = http;
  const { policies } = service;
  const judge = () => {
    // The key as it is now: its policy and state may have changed while the document was verified.
    const subject = findSubject(operation, request, backend);
    const question = { ...subject, request, backend, caller, arrival, recipient, policies };
    const authorizations = authorisationsOf(question);
    const refused = authorizations.find(({ effect }) => effect !== 'allow');
    return { subject, authorizations, refused };
  };
  const { subject, authorizations, refused } = judge();
  noteDecision(service, recordAuthorizations(asked, authorizations));
  call.keyArns = keysOf(authorizations.map((authorization) => authorization.request.resource));
  if (refused !== undefined) throw accessDenied(refused);

  const store = guardWrites(backend.store, () => {
    const again = judge();
    if (again.refused === undefined) return;
    noteDecision(service, recordAuthorizations(asked, again.authorizations));
    throw accessDenied(again.refused);
  });
  const answer = await execute(subject, { backend: { ...backend, store }, caller, request });
  const { randomBytes } = backend;
  return encodeAnswer({ operation: operation.name, answer, recipient, randomBytes });
}

function findSubject(operation: Operation, request: AnyRequest, backend: Backend): Subject {
  return operation.about === 'account'
    ? { operation, key: undefined }
    : { operation, key: operation.findKey(request, backend) };
}

function findOperation(name: string | undefined): Operation {
  const operation = name === undefined ? undefined : operations.get(name);
  if (operation === undefined) throw new KmsServiceError('UnknownOperationException');
  return operation;
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
