import { Buffer } from 'node:buffer';
import { parseBase64 } from '../../shared/encoding.ts';
import { KmsError } from '../../shared/errors.ts';
import {
  KmsServiceError,
  RECIPIENT_KEY_ENCRYPTION_ALGORITHM,
  RECIPIENT_OPERATIONS,
  type RecipientOperation,
} from '../../shared/kms/index.ts';
import type { Secret } from '../../shared/secret.ts';
import {
  AGED_DOCUMENT_ERRORS,
  type RecipientKeyRing,
  type RecipientLease,
  withLease,
} from '../recipient/index.ts';
import { checkAnsweringKey } from './answering-key.ts';
import type { SignedKmsClient } from './signed-client.ts';

/** The members of a request or an answer, as in its JSON. */
export type JsonMembers = Readonly<Record<string, unknown>>;

/** What KMS answered to this process alone. */
export interface AttestedAnswer {
  /** Without `CiphertextForRecipient`, and without the member that the plaintext belongs in. */
  readonly members: JsonMembers;
  /** The receiver disposes of it. */
  readonly plaintext: Secret;
  readonly requestId: string | undefined;
}

/**
 * Makes an attested call: adds the `Recipient`, opens what comes back. `KeyId` must be a key ARN
 * where the operation has one, and the answer must be about that key. A call whose refusal the age
 * of a reused document explains is made once more with a fresh one.
 *
 * @throws {KmsServiceError} the exception of KMS
 * @throws {KmsError} KMS_OTHER_KEY, KMS_PLAINTEXT_ANSWERED, KMS_ENVELOPE_MISSING, KMS_ANSWER_*
 * @throws what the client, the key ring and its leases throw
 */
export type AttestedCall = (
  operation: RecipientOperation,
  members: JsonMembers,
) => Promise<AttestedAnswer>;

export function createAttestedCall(options: {
  readonly kms: SignedKmsClient;
  readonly keyRing: RecipientKeyRing;
}): AttestedCall {
  const { kms, keyRing } = options;
  return (operation, members) => {
    const call = async (lease: RecipientLease): Promise<AttestedAnswer> => {
      const Recipient = {
        KeyEncryptionAlgorithm: RECIPIENT_KEY_ENCRYPTION_ALGORITHM,
        AttestationDocument: Buffer.from(lease.document).toString('base64'),
      };
      const request = JSON.stringify({ ...members, Recipient });
      const { body, requestId } = await kms.send(operation, Buffer.from(request));
      const answer = parseAnswer(body);
      if (typeof members.KeyId === 'string') {
        checkAnsweringKey(operation, members.KeyId, answer.KeyId);
      }
      return { ...(await openAnswer(operation, answer, lease)), requestId };
    };
    return withLease(keyRing, call, explainedByAge);
  };
}

function explainedByAge(error: unknown): boolean {
  return error instanceof KmsServiceError && AGED_DOCUMENT_ERRORS.includes(error.type);
}

function parseAnswer(body: Uint8Array): JsonMembers {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw noObject();
  }
  if (typeof value !== 'object' || value === null) throw noObject();
  return { ...value };
}

function noObject(): KmsError {
  return new KmsError('KMS_ANSWER_FORMAT', 'expected a JSON object from KMS');
}

async function openAnswer(
  operation: RecipientOperation,
  answer: JsonMembers,
  lease: RecipientLease,
): Promise<Pick<AttestedAnswer, 'members' | 'plaintext'>> {
  const { plaintextMember } = RECIPIENT_OPERATIONS[operation];
  const {
    CiphertextForRecipient: envelope,
    [plaintextMember]: inClear,
    ...members
  } = answer as JsonMembers & { readonly CiphertextForRecipient?: unknown };
  // "Null or empty", as AWS has it; KMS leaves the member out.
  if (inClear !== undefined && inClear !== null && inClear !== '') {
    throw new KmsError(
      'KMS_PLAINTEXT_ANSWERED',
      `${operation} was answered with ${plaintextMember} in clear although a Recipient was sent`,
      { details: { operation } },
    );
  }
  if (typeof envelope !== 'string') {
    throw new KmsError(
      'KMS_ENVELOPE_MISSING',
      `${operation} was answered without CiphertextForRecipient`,
      { details: { operation } },
    );
  }
  return { members, plaintext: await lease.open(parseBase64(envelope)) };
}
