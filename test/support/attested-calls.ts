import { Buffer } from 'node:buffer';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { LocalKms, LocalKmsOptions } from '../../local-kms/index.ts';
import { RECIPIENT_OPERATIONS, type RecipientOperation } from '../../shared/kms/index.ts';
import { createLogger } from '../../shared/log.ts';
import { findLeaks, piecesOf } from './leak-search.ts';
import { startTestKms } from './local-kms.ts';
import { type RawAnswer, signedPost } from './signed-post.ts';

/** Long enough not to come from the supply of the server, so that it is seen to be drawn. */
const LENGTH = 1024;

export const RECIPIENT_OPERATION_NAMES = Object.keys(RECIPIENT_OPERATIONS) as RecipientOperation[];

/** A `Recipient` as JSON has it, good or bad. */
export interface RawRecipient {
  readonly KeyEncryptionAlgorithm?: string;
  readonly AttestationDocument?: string;
}

/** One attested call: what came back, and what it left behind in the server. */
export interface AttestedCallOutcome {
  readonly answer: RawAnswer;
  /** The audit event of the call. */
  readonly event: Readonly<Record<string, unknown>>;
  /** What a success would have answered in secret, found where others can read: none if all is well. */
  readonly leaks: readonly string[];
  /** How many outputs of GenerateDataKey or GenerateRandom the server drew. */
  readonly drawn: number;
}

/** A local KMS that is watched, with keys for the five operations that take a `Recipient`. */
export interface AttestedCalls {
  readonly kms: LocalKms;
  call(
    operation: RecipientOperation,
    recipient: RawRecipient | null | undefined,
  ): Promise<AttestedCallOutcome>;
  /** What a success answers in secret, where that is known before. */
  readonly secrets: { readonly Decrypt: Uint8Array; readonly DeriveSharedSecret: Uint8Array };
}

export const recipientOf = (document: Uint8Array): RawRecipient => ({
  KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256',
  AttestationDocument: Buffer.from(document).toString('base64'),
});

/**
 * Starts one.
 *
 * @param policy - of the keys, from the moment on that the calls are ready; the default one if not given.
 */
export async function startAttestedCalls(
  options: Pick<LocalKmsOptions, 'trustAnchors' | 'attestation'> & { readonly policy?: object },
): Promise<AttestedCalls> {
  const { policy, ...others } = options;
  const events: Readonly<Record<string, unknown>>[] = [];
  const lines: string[] = [];
  const random: Uint8Array[] = [];
  const kms = await startTestKms({
    ...others,
    audit: (event) => events.push(event),
    logger: createLogger({
      component: 'test',
      sink: (line) => lines.push(line),
      now: Date.now,
    }),
    randomBytes: (length) => {
      const bytes = randomBytes(length);
      random.push(Uint8Array.from(bytes));
      return bytes;
    },
  });
  const send = async (operation: string, members: object): Promise<RawAnswer> =>
    signedPost(kms, { target: `TrentService.${operation}`, body: JSON.stringify(members) });
  const sent = async (operation: string, members: object) => {
    const { status, body, text } = await send(operation, members);
    if (status !== 200) throw new Error(`${operation}: ${text}`);
    return body;
  };
  const createKey = async (members: object): Promise<string> => {
    const { KeyMetadata } = await sent('CreateKey', members);
    return (KeyMetadata as { readonly KeyId: string }).KeyId;
  };

  const symmetric = await createKey({});
  const agreement = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' });
  const plaintext = randomBytes(48);
  const { CiphertextBlob } = await sent('Encrypt', {
    KeyId: symmetric,
    Plaintext: plaintext.toString('base64'),
  });
  const peer = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const derive = {
    KeyId: agreement,
    KeyAgreementAlgorithm: 'ECDH',
    PublicKey: peer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  };
  const { SharedSecret } = await sent('DeriveSharedSecret', derive);
  const secrets = {
    Decrypt: new Uint8Array(plaintext),
    DeriveSharedSecret: new Uint8Array(Buffer.from(SharedSecret as string, 'base64')),
  };
  if (policy !== undefined) {
    for (const KeyId of [symmetric, agreement]) {
      await sent('PutKeyPolicy', { KeyId, Policy: JSON.stringify(policy) });
    }
  }

  const requests: Readonly<Record<RecipientOperation, object>> = {
    Decrypt: { CiphertextBlob },
    DeriveSharedSecret: derive,
    GenerateDataKey: { KeyId: symmetric, NumberOfBytes: LENGTH },
    GenerateDataKeyPair: { KeyId: symmetric, KeyPairSpec: 'ECC_NIST_P256' },
    GenerateRandom: { NumberOfBytes: LENGTH },
  };

  return {
    kms,
    secrets,
    async call(operation, recipient) {
      const before = { events: events.length, lines: lines.length, random: random.length };
      const answer = await send(operation, { ...requests[operation], Recipient: recipient });
      const event = events[before.events];
      if (event === undefined || events.length > before.events + 1) {
        throw new Error('there is not one event of the call');
      }
      const decision = await fetch(`${kms.endpoint}/_local/decisions/${answer.requestId}`);
      const drawn = random.slice(before.random).filter(({ length }) => length === LENGTH);
      const text = (name: string, value: string) => ({ name, bytes: Buffer.from(value) });
      const haystacks = [
        text('the answer', answer.text),
        text('the audit event', JSON.stringify(event)),
        text('the log', lines.slice(before.lines).join('\n')),
        text('the decision', await decision.text()),
      ];
      const needles = [
        { name: 'the plaintext', bytes: secrets.Decrypt },
        { name: 'the shared secret', bytes: secrets.DeriveSharedSecret },
        ...drawn.map((bytes) => ({ name: 'random', bytes })),
      ].flatMap(piecesOf);
      return {
        answer,
        event,
        leaks: findLeaks(haystacks, needles),
        drawn: drawn.length,
      };
    },
  };
}
