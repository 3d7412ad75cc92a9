import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  verify,
} from 'node:crypto';
import {
  DeriveSharedSecretCommand,
  GetPublicKeyCommand,
  KMSServiceException,
} from '@aws-sdk/client-kms';
import type { Child } from '../stack/child.ts';
import type { DevelopmentStack } from '../stack/development-stack.ts';
import { confirmSecret } from './confirmation.ts';
import { failedConditions } from './failed-conditions.ts';
import { ensureKeys, type MainJobKeys } from './keys.ts';
import type { Answer, Job, JobResults, Refusal } from './protocol.ts';

/** Says what happens, for a person who follows the run. */
export interface Narrator {
  step(title: string): void;
  say(line: string): void;
}

/** Something did not go as it should have. */
export class MainJobFailure extends Error {}

/**
 * Drives one request through every part of the stack, and what must fail beside it.
 *
 * @throws {MainJobFailure} at the first thing that did not go as it should.
 */
export async function runMainJob(stack: DevelopmentStack, narrator: Narrator): Promise<void> {
  const keys = await ensureKeys(stack.administrator, stack.registers);
  const enclave = await stack.startEnclave({
    name: 'enclave',
    registers: stack.registers,
    debug: false,
  });
  await attest(enclave, stack, narrator);
  await agreeOnSecret(enclave, stack, keys, narrator);
  await useKeyPair(enclave, keys, narrator);
  await refuseOthers(stack, keys, narrator);
}

async function attest(enclave: Child, stack: DevelopmentStack, narrator: Narrator): Promise<void> {
  narrator.step('The enclave attests to its recipient key');
  const attested = await ask(enclave, { job: 'attest' });
  narrator.say(`document of ${attested.documentBytes} bytes from ${attested.moduleId}`);
  narrator.say(`PCR0         ${stack.registers[0]}`);
  narrator.say(`recipient    ${attested.recipientId} (SHA-256 of the RSA public key)`);
  const passed = attested.checks.filter(({ verdict }) => verdict === 'passed');
  const open = attested.checks.filter(({ verdict }) => verdict === 'not reached');
  narrator.say(`verifier     ${attested.verdict}: ${passed.length} checks passed`);
  narrator.say(`not judged   ${open.map(({ id }) => id).join(', ')} (KMS takes no nonce)`);
  expectThat(attested.verdict === 'trusted', 'the verifier trusts the document');
}

async function agreeOnSecret(
  enclave: Child,
  stack: DevelopmentStack,
  keys: MainJobKeys,
  narrator: Narrator,
): Promise<void> {
  narrator.step('DeriveSharedSecret, against a peer outside of AWS');
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { PublicKey } = await stack.administrator.send(
    new GetPublicKeyCommand({ KeyId: keys.agreement }),
  );
  const kmsKey = createPublicKey({
    key: Buffer.from(PublicKey ?? []),
    format: 'der',
    type: 'spki',
  });
  const ofPeer = diffieHellman({ privateKey: peer.privateKey, publicKey: kmsKey });

  const challenge = randomBytes(32);
  const derived = await ask(enclave, {
    job: 'derive',
    keyId: keys.agreement,
    peerPublicKey: peer.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    challenge: challenge.toString('base64'),
  });
  narrator.say(`key          ${keys.agreement}`);
  narrator.say('KMS answered CiphertextForRecipient; the enclave opened it');
  narrator.say(`both sides   ${derived.secretBytes} bytes, never printed`);
  const same = derived.confirmation === confirmSecret(ofPeer, challenge);
  ofPeer.fill(0);
  narrator.say(`compared     by a MAC under the secret: ${same ? 'identical' : 'DIFFERENT'}`);
  expectThat(same, "the enclave's secret is the peer's");
}

async function useKeyPair(enclave: Child, keys: MainJobKeys, narrator: Narrator): Promise<void> {
  narrator.step('GenerateDataKeyPair, and the wrapped private key again later');
  const context = { purpose: 'signing', job: 'main' };
  const message = randomBytes(48).toString('base64');
  const pair = await ask(enclave, {
    job: 'generate-key-pair',
    keyId: keys.wrapping,
    context,
    message,
  });
  narrator.say(`public key   ${pair.publicKey}`);
  expectThat(verifies(pair.publicKey, message, pair.signature), 'the public key verifies');
  narrator.say('the private key, opened in the enclave, signed; the public key verifies it');

  const later = randomBytes(48).toString('base64');
  const { signature } = await ask(enclave, {
    job: 'sign-with-wrapped',
    keyId: keys.wrapping,
    context,
    wrappedPrivateKey: pair.wrappedPrivateKey,
    message: later,
  });
  expectThat(verifies(pair.publicKey, later, signature), 'the unwrapped key signs too');
  narrator.say(
    'the wrapped private key, decrypted again by attested Decrypt, signed another message',
  );
}

function verifies(publicKey: string, message: string, signature: string): boolean {
  const key = createPublicKey({ key: bytesOf(publicKey), format: 'der', type: 'spki' });
  return verify('sha256', bytesOf(message), key, bytesOf(signature));
}

async function refuseOthers(
  stack: DevelopmentStack,
  keys: MainJobKeys,
  narrator: Narrator,
): Promise<void> {
  narrator.step('What must fail does: the key policy denies it');
  const peer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const peerPublicKey = peer.publicKey.export({ type: 'spki', format: 'der' });
  const job: Job = {
    job: 'derive',
    keyId: keys.agreement,
    peerPublicKey: peerPublicKey.toString('base64'),
    challenge: '',
  };
  const otherImage = { ...stack.registers, 0: 'ab'.repeat(48) };
  const [debug, other] = await Promise.all([
    stack.startEnclave({ name: 'enclave-debug', registers: stack.registers, debug: true }),
    stack.startEnclave({ name: 'enclave-other', registers: otherImage, debug: false }),
  ]);
  const attempts: ReadonlyArray<readonly [string, () => Promise<Refusal>]> = [
    [
      'no Recipient, with the credentials of the parent',
      () => refusalOf(stack, keys.agreement, peerPublicKey),
    ],
    ['a document of a debug-mode enclave', () => expectRefusal(debug, job)],
    ['a document of an enclave with other PCRs', () => expectRefusal(other, job)],
  ];
  for (const [what, attempt] of attempts) {
    const refusal = await attempt();
    narrator.say(`${what}: ${refusal.name}`);
    expectThat(refusal.name === 'AccessDeniedException', `AccessDeniedException for ${what}`);
    const decision = await stack.decision(refusal.requestId ?? '');
    const conditions = failedConditions(decision);
    expectThat(conditions.length > 0, `a condition of the key policy denied ${what}`);
    for (const line of conditions) narrator.say(`  ${line}`);
  }
  await Promise.all([debug.stop(), other.stop()]);
}

async function refusalOf(
  stack: DevelopmentStack,
  keyId: string,
  publicKey: Uint8Array,
): Promise<Refusal> {
  try {
    await stack.parentRole.send(
      new DeriveSharedSecretCommand({
        KeyId: keyId,
        KeyAgreementAlgorithm: 'ECDH',
        PublicKey: publicKey,
      }),
    );
  } catch (error) {
    if (!(error instanceof KMSServiceException)) throw error;
    const { name, message, $metadata } = error;
    return { name, message, requestId: $metadata.requestId ?? null };
  }
  throw new MainJobFailure('a call without Recipient was answered');
}

async function expectRefusal(enclave: Child, job: Job): Promise<Refusal> {
  const answer = JSON.parse(await enclave.ask(JSON.stringify(job))) as Answer<Job['job']>;
  if ('refusal' in answer) return answer.refusal;
  throw new MainJobFailure(`${enclave.name} was answered`);
}

async function ask<Name extends Job['job']>(
  enclave: Child,
  job: Job & { job: Name },
): Promise<JobResults[Name]> {
  const answer = JSON.parse(await enclave.ask(JSON.stringify(job))) as Answer<Name>;
  if ('result' in answer) return answer.result;
  const { name, message } = answer.refusal;
  throw new MainJobFailure(`${job.job} was refused: ${name}: ${message}`);
}

function expectThat(holds: boolean, what: string): asserts holds {
  if (!holds) throw new MainJobFailure(`expected that ${what}`);
}

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
