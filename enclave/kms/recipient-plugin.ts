import type { KMSClient, RecipientInfo } from '@aws-sdk/client-kms';
import { KmsError } from '../../shared/errors.ts';
import {
  isRecipientOperation,
  KEY_ARN_FORM,
  KEY_ID_FORM,
  RECIPIENT_KEY_ENCRYPTION_ALGORITHM,
  RECIPIENT_OPERATIONS,
  type RecipientOperation,
} from '../../shared/kms/index.ts';
import { copySecretBytes } from '../../shared/secret.ts';
import {
  AGED_DOCUMENT_ERRORS,
  type RecipientKeyRing,
  type RecipientLease,
  withLease,
} from '../recipient/index.ts';
import { checkAnsweringKey } from './answering-key.ts';

/** What `client.middlewareStack.use` takes. */
export type KmsPlugin = Parameters<KMSClient['middlewareStack']['use']>[0];

const PLUGIN = 'attestedRecipient';

export interface AttestedRecipientOptions {
  /** Names of the exceptions by which KMS may refuse a document for its age. */
  readonly agedDocumentErrors?: readonly string[];
}

/**
 * Makes the five Recipient operations of an AWS SDK v3 KMS client attested.
 *
 * Into each goes a `Recipient` with a document of the key ring; out of each comes the plaintext in
 * the member where KMS would have put it, and no `CiphertextForRecipient`. Other operations pass
 * unchanged, unless they name a key by an alias. The caller wipes the plaintext after use.
 *
 * Each call on a key names it by key ARN or key id, and the answer must be about that key. An alias,
 * or a Decrypt that leaves the key to the ciphertext, would be resolved in whatever account the
 * credentials are of, and those come from the parent: an Encrypt under an alias would be for the
 * parent to read.
 *
 * An envelope is encrypted but not authenticated, so the client must speak TLS to KMS from inside
 * the enclave: a request over anything else is refused before it leaves.
 *
 * Documents are reused for a while. A call whose refusal a document's age explains is made once
 * more with a document made for it; that second call has a deadline of its own.
 *
 * @example
 * client.middlewareStack.use(attestedRecipient(keyRing));
 */
export function attestedRecipient(
  keyRing: RecipientKeyRing,
  options: AttestedRecipientOptions = {},
): KmsPlugin {
  const { agedDocumentErrors = AGED_DOCUMENT_ERRORS } = options;
  const explainedByAge = (error: unknown): boolean =>
    error instanceof Error && agedDocumentErrors.includes(error.name);
  return {
    applyToStack(stack) {
      stack.add(
        (next, context) => async (args) => {
          const operation = operationOf(context.commandName);
          if (operation === undefined) {
            refuseAlias(nameOf(context.commandName), args.input);
            return next(args);
          }
          refuseOwnRecipient(args.input);
          const keyId = namedKey(operation, args.input);
          const attested = async (lease: RecipientLease) => {
            const Recipient: RecipientInfo = {
              KeyEncryptionAlgorithm: RECIPIENT_KEY_ENCRYPTION_ALGORITHM,
              AttestationDocument: lease.document,
            };
            const result = await next({ ...args, input: { ...args.input, Recipient } });
            if (keyId !== undefined) {
              checkAnsweringKey(operation, keyId, (result.output as { KeyId?: unknown }).KeyId);
            }
            return { ...result, output: await openAnswer(operation, result.output, lease) };
          };
          return withLease(keyRing, attested, explainedByAge);
        },
        { step: 'initialize', priority: 'high', name: PLUGIN },
      );
      stack.add(
        (next, context) => async (args) => {
          if (operationOf(context.commandName) !== undefined) refuseOpenTransport(args.request);
          return next(args);
        },
        { step: 'build', name: 'attestedRecipientNeedsTls' },
      );
    },
  };
}

/** Whether the client has the plugin. Without it, KMS would answer in clear and attest nobody. */
export function isAttested(client: KMSClient): boolean {
  return client.middlewareStack.identify().includes(`${PLUGIN} - initialize`);
}

function operationOf(commandName: string | undefined): RecipientOperation | undefined {
  const name = nameOf(commandName);
  return isRecipientOperation(name) ? name : undefined;
}

function nameOf(commandName = ''): string {
  return commandName.replace(/Command$/, '');
}

function refuseOwnRecipient(input: object): void {
  if ('Recipient' in input && input.Recipient !== undefined) {
    throw new KmsError(
      'KMS_RECIPIENT_GIVEN',
      'the call brings a Recipient of its own: only documents of the key ring go to KMS',
    );
  }
}

/** @throws {KmsError} KMS_KEY_NOT_NAMED */
function namedKey(operation: RecipientOperation, input: object): string | undefined {
  if (operation === 'GenerateRandom') return undefined;
  const keyId = 'KeyId' in input ? input.KeyId : undefined;
  if (typeof keyId === 'string' && (KEY_ARN_FORM.test(keyId) || KEY_ID_FORM.test(keyId)))
    return keyId;
  throw keyNotNamed(operation);
}

/** Where operations name the keys that they use. */
const KEY_MEMBERS = ['KeyId', 'SourceKeyId', 'DestinationKeyId'] as const;
const ALIAS = /^(?:arn:.*:)?alias\//s;

/** @throws {KmsError} KMS_KEY_NOT_NAMED */
function refuseAlias(operation: string, input: object): void {
  const names = KEY_MEMBERS.map((member) => (input as Record<string, unknown>)[member]);
  if (names.some((name) => typeof name === 'string' && ALIAS.test(name))) {
    throw keyNotNamed(operation);
  }
}

function keyNotNamed(operation: string): KmsError {
  return new KmsError(
    'KMS_KEY_NOT_NAMED',
    `${operation} needs a KeyId that is a key ARN or a key id: an alias can be of any account`,
    { details: { operation } },
  );
}

function refuseOpenTransport(request: unknown): void {
  const protocol = (request as { protocol?: unknown }).protocol;
  if (protocol !== 'https:') {
    throw new KmsError('KMS_TRANSPORT', `expected a request over https:, got ${String(protocol)}`, {
      details: { protocol: String(protocol) },
    });
  }
}

async function openAnswer<Output extends object>(
  operation: RecipientOperation,
  output: Output,
  lease: RecipientLease,
): Promise<Output> {
  const { plaintextMember } = RECIPIENT_OPERATIONS[operation];
  const { CiphertextForRecipient: envelope, ...rest } = output as Record<string, unknown>;
  const plaintext = rest[plaintextMember];
  if (plaintext instanceof Uint8Array && plaintext.length > 0) {
    plaintext.fill(0);
    throw new KmsError(
      'KMS_PLAINTEXT_ANSWERED',
      `${operation} was answered with ${plaintextMember} in clear although a Recipient was sent`,
      { details: { operation } },
    );
  }
  if (!(envelope instanceof Uint8Array)) {
    throw new KmsError(
      'KMS_ENVELOPE_MISSING',
      `${operation} was answered without CiphertextForRecipient`,
      { details: { operation } },
    );
  }
  const secret = await lease.open(envelope);
  try {
    return { ...rest, [plaintextMember]: secret.reveal(copySecretBytes) } as Output;
  } finally {
    secret.dispose();
  }
}
