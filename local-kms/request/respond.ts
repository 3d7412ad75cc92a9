import { Buffer } from 'node:buffer';
import { sealToKey } from '../../shared/cms/index.ts';
import { isRecipientOperation, RECIPIENT_OPERATIONS } from '../../shared/kms/index.ts';
import type { Answer, AnswerValue } from '../operations/operation.ts';
import type { RandomBytes } from '../random.ts';
import type { AttestedRecipient } from './recipient.ts';

export interface EncodedAnswer {
  /** What is in the JSON but for the plaintext. */
  readonly members: Answer['members'];
  readonly json: string;
  /** The `CiphertextForRecipient` in it. */
  readonly envelope: Uint8Array | undefined;
}

/**
 * The JSON body of an answer. Disposes of its plaintext.
 *
 * This is the only place where a plaintext enters a response: sealed if the request had a
 * `Recipient`, in the clear only if it had none.
 */
export function encodeAnswer(options: {
  readonly operation: string;
  readonly answer: Answer;
  readonly recipient: AttestedRecipient | undefined;
  readonly randomBytes: RandomBytes;
}): EncodedAnswer {
  const { answer } = options;
  try {
    const members = membersOf(options);
    const envelope = members.CiphertextForRecipient;
    return {
      members: answer.members,
      json: JSON.stringify(toJson(members)),
      envelope: envelope instanceof Uint8Array ? envelope : undefined,
    };
  } finally {
    answer.plaintext?.dispose();
  }
}

function membersOf({
  operation,
  answer,
  recipient,
  randomBytes,
}: Parameters<typeof encodeAnswer>[0]): Answer['members'] {
  const { members, plaintext } = answer;
  if (plaintext === undefined) return members;
  if (!isRecipientOperation(operation)) {
    throw new Error(`${operation} answers a plaintext that no member is known for`);
  }
  return plaintext.reveal((bytes) => {
    if (recipient === undefined) {
      const { plaintextMember } = RECIPIENT_OPERATIONS[operation];
      return { ...members, [plaintextMember]: base64(bytes) };
    }
    const envelope = sealToKey({ plaintext: bytes, recipient: recipient.key, randomBytes });
    // The service leaves KeyMaterialId out where it answers to a recipient.
    return { ...members, KeyMaterialId: undefined, CiphertextForRecipient: envelope };
  });
}

function toJson(value: AnswerValue): unknown {
  if (value instanceof Uint8Array) return base64(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, inner]) => [member, toJson(inner)] as const),
  );
}

function base64({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString('base64');
}
