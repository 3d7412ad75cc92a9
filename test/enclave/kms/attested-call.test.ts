import { describe, expect, it } from 'vitest';
import {
  type AttestedAnswer,
  createAttestedCall,
  type JsonMembers,
  type SignedKmsClient,
} from '../../../enclave/kms/index.ts';
import type { RecipientKeyRing } from '../../../enclave/recipient/index.ts';
import { UnwrapError } from '../../../shared/errors.ts';
import {
  KmsServiceError,
  RECIPIENT_OPERATIONS,
  type RecipientOperation,
} from '../../../shared/kms/index.ts';
import { Secret } from '../../../shared/secret.ts';

const ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
const KeyId = `arn:aws:kms:us-east-1:111122223333:key/${ID}`;
const PLAINTEXT = Uint8Array.of(1, 2, 3, 4);
const ENVELOPE = Uint8Array.of(9, 8, 7);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const refusal = new KmsServiceError('ValidationException', 'old', { requestId: 'r' });
const denial = new KmsServiceError('AccessDeniedException', 'no');

/** A ring whose first document is reused, and whose every envelope but one is foreign. */
function createRing() {
  const leases: { fresh: boolean; released: boolean }[] = [];
  const ring = {
    async lease({ fresh = false } = {}) {
      const lease = { fresh, released: false };
      leases.push(lease);
      return {
        document: Uint8Array.of(fresh ? 2 : 1),
        reused: !fresh,
        async open(envelope: Uint8Array) {
          if (base64(envelope) !== base64(ENVELOPE)) throw new UnwrapError('UNWRAP_FAILED', 'no');
          return new Secret(PLAINTEXT.slice());
        },
        release() {
          lease.released = true;
        },
      };
    },
  } as RecipientKeyRing;
  return { ring, leases };
}

/** KMS that answers by a script, one entry for each call. */
function createKms(script: readonly (object | string | KmsServiceError)[]) {
  const sent: { operation: string; members: JsonMembers }[] = [];
  const kms: SignedKmsClient = {
    async send(operation, body) {
      const answer = script[sent.length] ?? {};
      sent.push({ operation, members: JSON.parse(new TextDecoder().decode(body)) });
      if (answer instanceof KmsServiceError) throw answer;
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
      return { body: new TextEncoder().encode(text), requestId: `request-${sent.length}` };
    },
  };
  return { kms, sent };
}

async function call(
  script: readonly (object | string | KmsServiceError)[],
  operation: RecipientOperation = 'Decrypt',
  members: JsonMembers = { KeyId },
) {
  const { kms, sent } = createKms(script);
  const { ring, leases } = createRing();
  const attestedCall = createAttestedCall({ kms, keyRing: ring });
  const answering: Promise<AttestedAnswer> = attestedCall(operation, members);
  const outcome = await answering.catch((error: unknown) => error);
  return { outcome, sent, leases, answer: outcome as AttestedAnswer };
}

const sealed = { KeyId, CiphertextForRecipient: base64(ENVELOPE) };

describe('an attested call', () => {
  it.each(Object.entries(RECIPIENT_OPERATIONS))(
    'to %s adds the Recipient and opens the answer',
    async (operation, { plaintextMember }) => {
      const answered = { ...sealed, [plaintextMember]: '', Other: 'member' };
      const { answer, sent, leases } = await call([answered], operation as RecipientOperation);
      expect(sent).toEqual([
        {
          operation,
          members: {
            KeyId,
            Recipient: {
              KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
              AttestationDocument: base64(Uint8Array.of(1)),
            },
          },
        },
      ]);
      expect(answer.members).toEqual({ KeyId, Other: 'member' });
      expect(answer.plaintext.reveal((bytes) => bytes.slice())).toEqual(PLAINTEXT);
      expect(answer.requestId).toBe('request-1');
      expect(leases).toEqual([{ fresh: false, released: true }]);
    },
  );

  it.each<[string, object | string, string]>([
    ['with the plaintext in clear', { ...sealed, Plaintext: 'AQID' }, 'KMS_PLAINTEXT_ANSWERED'],
    ['with something for a plaintext', { ...sealed, Plaintext: 0 }, 'KMS_PLAINTEXT_ANSWERED'],
    ['in clear alone', { KeyId, Plaintext: 'AQID' }, 'KMS_PLAINTEXT_ANSWERED'],
    ['without an envelope', { KeyId }, 'KMS_ENVELOPE_MISSING'],
    ['with null for an envelope', { KeyId, CiphertextForRecipient: null }, 'KMS_ENVELOPE_MISSING'],
    ['with an envelope that is no base64', { KeyId, CiphertextForRecipient: '?' }, 'BASE64_SYNTAX'],
    ['with another envelope', { KeyId, CiphertextForRecipient: 'AQID' }, 'UNWRAP_FAILED'],
    [
      'for another key',
      { ...sealed, KeyId: KeyId.replace('1234abcd', '00000000') },
      'KMS_OTHER_KEY',
    ],
    [
      'for the key of another account',
      { ...sealed, KeyId: KeyId.replace('1111', '2222') },
      'KMS_OTHER_KEY',
    ],
    ['for no key', { CiphertextForRecipient: base64(ENVELOPE) }, 'KMS_OTHER_KEY'],
    ['that is no JSON', '{', 'KMS_ANSWER_FORMAT'],
    ['that is no object', 'null', 'KMS_ANSWER_FORMAT'],
  ])('refuses an answer %s', async (_what, answer, code) => {
    const { outcome, sent, leases } = await call([answer]);
    expect(outcome).toMatchObject({ code });
    expect(sent).toHaveLength(1);
    expect(leases).toEqual([{ fresh: false, released: true }]);
  });

  it('takes the bare key id for an answer, as AWS shows it of DeriveSharedSecret', async () => {
    const { answer } = await call([{ ...sealed, KeyId: ID }], 'DeriveSharedSecret');
    expect(answer.members).toEqual({ KeyId: ID });
  });

  it('asks for no key in the answer where none was asked', async () => {
    const { CiphertextForRecipient } = sealed;
    const { answer } = await call([{ CiphertextForRecipient }], 'GenerateRandom', {});
    expect(answer.members).toEqual({});
  });

  it('is made once more, with a fresh document, when age explains the refusal', async () => {
    const { answer, sent, leases } = await call([refusal, sealed]);
    expect(answer.requestId).toBe('request-2');
    expect(sent.map(({ members }) => members.Recipient)).toEqual([
      expect.objectContaining({ AttestationDocument: 'AQ==' }),
      expect.objectContaining({ AttestationDocument: 'Ag==' }),
    ]);
    expect(leases).toEqual([
      { fresh: false, released: true },
      { fresh: true, released: true },
    ]);
  });

  it('is not made a third time', async () => {
    const { outcome, sent } = await call([refusal, refusal, sealed]);
    expect(outcome).toBe(refusal);
    expect(sent).toHaveLength(2);
  });

  it('is made once when age explains nothing', async () => {
    const { outcome, sent } = await call([denial, sealed]);
    expect(outcome).toBe(denial);
    expect(sent).toHaveLength(1);
  });
});
