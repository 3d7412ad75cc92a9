import type { AttestationDocument } from '../../shared/attestation/index.ts';
import type { KmsServiceError } from '../../shared/kms/index.ts';
import type { Answer, AnyRequest } from '../operations/operation.ts';
import type { Principal } from '../principals.ts';
import { describeParameters } from './parameters.ts';
import { describeRecipient } from './recipient.ts';
import { describeUserIdentity } from './user-identity.ts';

/** One call of an authenticated caller, as far as it came. */
export interface AuditedCall {
  readonly requestId: string;
  readonly eventId: string;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly operation: string;
  readonly caller: Principal;
  readonly region: string;
  readonly sourceIp: string | undefined;
  readonly userAgent: string | undefined;
  /** Undefined if it was not valid. */
  readonly request: AnyRequest | undefined;
  /** The ARNs of the keys that it is about. */
  readonly keyArns: readonly string[];
  /** Once it was verified. */
  readonly document: AttestationDocument | undefined;
  readonly outcome: { readonly answer: Answer['members'] } | { readonly error: KmsServiceError };
}

/** A CloudTrail record of one call. */
export type AuditEvent = ReturnType<typeof createAuditEvent>;

/** Takes the event of each call, which is answered when what this returns has resolved. */
export type AuditSink = (event: AuditEvent) => unknown;

/** What changes nothing in the account: the others are CloudTrail's write events. */
const READ_ONLY = /^(?:Decrypt|Derive|Describe|Encrypt|Generate|Get|List|ReEncrypt|Sign|Verify)/;

/**
 * The event of a call, shaped like CloudTrail's ("CloudTrail record contents").
 *
 * It holds the encryption context in the clear, and no blob: neither plaintext nor key material.
 */
export function createAuditEvent(call: AuditedCall) {
  const { caller, operation, outcome, request, document } = call;
  const readOnly = READ_ONLY.test(operation);
  return {
    eventVersion: '1.11',
    userIdentity: describeUserIdentity(caller),
    eventTime: `${new Date(call.time).toISOString().slice(0, 19)}Z`,
    eventSource: 'kms.amazonaws.com',
    eventName: operation,
    awsRegion: call.region,
    sourceIPAddress: call.sourceIp ?? null,
    userAgent: call.userAgent ?? null,
    ...('error' in outcome ? describeError(outcome.error) : {}),
    requestParameters: request === undefined ? null : describeParameters(request),
    responseElements: 'error' in outcome || readOnly ? null : describeParameters(outcome.answer),
    ...(document === undefined
      ? {}
      : { additionalEventData: { recipient: describeRecipient(document) } }),
    requestID: call.requestId,
    eventID: call.eventId,
    readOnly,
    resources: call.keyArns.map((ARN) => ({
      accountId: ARN.split(':')[4],
      type: 'AWS::KMS::Key',
      ARN,
    })),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: caller.identity.accountId,
    eventCategory: 'Management',
  };
}

function describeError({ type, wireMessage }: KmsServiceError) {
  return {
    errorCode: type === 'AccessDeniedException' ? 'AccessDenied' : type,
    ...(wireMessage === undefined ? {} : { errorMessage: wireMessage }),
  };
}
