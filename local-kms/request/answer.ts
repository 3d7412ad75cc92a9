import { BrokerError } from '../../shared/errors.ts';
import { checkSignature, isRecipientOperation, KmsServiceError } from '../../shared/kms/index.ts';
import type { Logger } from '../../shared/log.ts';
import type { Backend } from '../backend.ts';
import { dryRunSucceeded, invalidKeyUsage, validationError } from '../errors.ts';
import { arnOf } from '../keys/metadata.ts';
import { operations } from '../operations/index.ts';
import type {
  AccountOperation,
  Answer,
  AnyRequest,
  Call,
  KeyOperation,
  Operation,
} from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import type { Realm } from '../realm.ts';
import type { Members } from '../schema/shape.ts';
import { validateRequest } from '../schema/validate.ts';
import type { KeyRecord, KeyState } from '../store/records.ts';
import type { AttestedCallRecorder } from './attested-call.ts';
import { accessDenied, authorisationsOf } from './authorise.ts';
import type { Arrival } from './conditions.ts';
import {
  type DecisionLog,
  type DecisionRecord,
  recordAuthorizations,
  recordRecipientRefusal,
} from './decisions.ts';
import type { AttestedRecipient, RecipientInfo, RecipientVerifier } from './recipient.ts';
import { type EncodedAnswer, encodeAnswer } from './respond.ts';

/** Of AWS in general: how far a request's time may be from the server's. */
const SIGNATURE_SKEW_SECONDS = 300;

const TARGET_PREFIX = 'TrentService.';

export interface Service {
  /** Each request has the realm that its signature and its caller say. */
  readonly backend: Omit<Backend, 'realm'>;
  /** The only one that is served, or `any`. */
  readonly region: string | 'any';
  /** By access key id. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly verifyRecipient: RecipientVerifier;
  readonly decisions: DecisionLog;
  readonly recordAttestedCall: AttestedCallRecorder | undefined;
  readonly logger: Logger;
}

export interface KmsRequest {
  readonly requestId: string;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  /** The `X-Amz-Target` header. */
  readonly target: string | undefined;
  readonly arrival: Arrival;
  readonly body: Uint8Array;
}

/**
 * Answers a request, in this order: parse, authenticate, find the operation, validate, find the
 * key, verify the recipient, authorise, then usage, state, the operation's own checks, DryRun; and
 * execute only when all of that has succeeded.
 *
 * @returns the JSON body of the answer.
 * @throws {KmsServiceError} the refusal for the client
 */
export async function answerRequest(service: Service, http: KmsRequest): Promise<string> {
  const body = parseBody(http.body);
  const { caller, realm } = authenticate(service, http);
  const backend = { ...service.backend, realm };
  const operation = findOperation(http.target);
  const request: AnyRequest = validateRequest(operation.input, body);
  const subject = findSubject(operation, request, backend);
  const validated = { http, backend, caller, request, subject };
  let answer: EncodedAnswer | undefined;
  try {
    answer = await answerValidated(service, validated);
    return answer.json;
  } finally {
    await recordAttested(service, validated, answer?.envelope);
  }
}

interface ValidatedRequest {
  readonly http: KmsRequest;
  readonly backend: Backend;
  readonly caller: Principal;
  readonly request: AnyRequest;
  readonly subject: Subject;
}

async function answerValidated(
  service: Service,
  { http, backend, caller, request, subject }: ValidatedRequest,
): Promise<EncodedAnswer> {
  const { operation, key } = subject;
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

  checkAccount(subject, caller);
  const recipient = await verifyRecipient(service, operation, request, (failure) =>
    record(recordRecipientRefusal(asked, failure)),
  );
  const { arrival } = http;
  const question = { operation, request, backend, caller, arrival, key, recipient };
  const authorizations = authorisationsOf(question);
  record(recordAuthorizations(asked, authorizations));
  const refused = authorizations.find(({ effect }) => effect !== 'allow');
  if (refused !== undefined) throw accessDenied(refused);

  const answer = await execute(subject, { backend, caller, request });
  return encodeAnswer({ operation: operation.name, answer, recipient, ...backend });
}

/** Whatever came of the call: a refused document is worth a recording too. */
async function recordAttested(
  { recordAttestedCall }: Service,
  { http, request, subject }: ValidatedRequest,
  envelope: Uint8Array | undefined,
): Promise<void> {
  const recipient = recipientOf(subject.operation, request);
  if (recordAttestedCall === undefined || recipient === undefined) return;
  await recordAttestedCall({
    requestId: http.requestId,
    operation: subject.operation.name,
    document: recipient.AttestationDocument,
    request: http.body,
    envelope,
  });
}

type Subject =
  | { readonly operation: AccountOperation; readonly key: undefined }
  | { readonly operation: KeyOperation; readonly key: KeyRecord };

function findSubject(operation: Operation, request: AnyRequest, backend: Backend): Subject {
  return operation.about === 'account'
    ? { operation, key: undefined }
    : { operation, key: operation.findKey(request, backend) };
}

/** What remains to be checked once the caller is authorised, and then the operation itself. */
function execute({ operation, key }: Subject, call: Call<Members>): Answer | Promise<Answer> {
  const { GrantTokens, DryRun } = call.request;
  // There are no grants, so no token is one that this server has given.
  if (Array.isArray(GrantTokens) && GrantTokens.length > 0) {
    throw new KmsServiceError('InvalidGrantTokenException');
  }
  if (key === undefined) return operation.execute(call);
  checkUsage(operation, key);
  checkState(operation, key);
  operation.check?.({ ...call, key });
  if (DryRun === true) throw dryRunSucceeded();
  return operation.execute({ ...call, key });
}

function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new KmsServiceError('SerializationException');
  }
}

interface Signer {
  readonly caller: Principal;
  /** The region that the request was signed for, in the caller's account. */
  readonly realm: Realm;
}

function authenticate({ backend, principals, region }: Service, http: KmsRequest): Signer {
  const signature = checkSignature({
    method: http.method,
    url: http.url,
    rawHeaders: http.rawHeaders,
    body: http.body,
    region,
    service: 'kms',
    now: backend.now(),
    skewSeconds: SIGNATURE_SKEW_SECONDS,
    credentialsOf: (id) => principals.get(id)?.credentials,
  });
  const caller = principals.get(signature.accessKeyId);
  if (caller === undefined) throw new Error('a signature was checked for an unknown principal');
  return { caller, realm: { region: signature.region, account: caller.identity.accountId } };
}

function findOperation(target: string | undefined): Operation {
  const name = target?.startsWith(TARGET_PREFIX) ? target.slice(TARGET_PREFIX.length) : undefined;
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

/** The text is not recorded from the service; that the call is refused is documented. */
function checkAccount({ operation, key }: Subject, { identity }: Principal): void {
  if (key === undefined || key.account === identity.accountId || operation.crossAccount) return;
  throw new KmsServiceError(
    'AccessDeniedException',
    `User: ${identity.arn} is not authorized to perform: kms:${operation.name} on resource: ${arnOf(key)} because the key is in another account`,
  );
}

function checkUsage({ usage, name }: KeyOperation, key: KeyRecord): void {
  if (usage !== undefined && key.keyUsage !== usage) {
    throw invalidKeyUsage(
      `${arnOf(key)} key usage is ${key.keyUsage} which is not valid for ${name}.`,
    );
  }
}

function checkState({ states }: KeyOperation, key: KeyRecord): void {
  if (states.includes(key.keyState)) return;
  throw key.keyState === 'Disabled'
    ? new KmsServiceError('DisabledException', `${arnOf(key)} is disabled.`)
    : new KmsServiceError(
        'KMSInvalidStateException',
        `${arnOf(key)} ${STATE_TEXTS[key.keyState]}.`,
      );
}

const STATE_TEXTS = {
  Enabled: 'is enabled',
  PendingDeletion: 'is pending deletion',
  PendingImport: 'is pending import',
  PendingReplicaDeletion: 'is pending deletion of its replicas',
} as const satisfies Record<Exclude<KeyState, 'Disabled'>, string>;

function logDecision(
  logger: Logger,
  { requestId, operation, principal, effect, text }: DecisionRecord,
) {
  const fields = { requestId, operation, principal, effect, text };
  if (effect === 'allow') logger.info('decision', fields);
  else logger.warn('decision', fields);
}
