// The application inside of the enclave: it has the broker in its own process, and does one job for
// each line on its standard input.
import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  GenerateDataKeyPairCommand,
} from '@aws-sdk/client-kms';
import { withStopSignal } from '../../cli/stop-signal.ts';
import { type Enclave, type EnclaveConfig, readEnclaveConfig } from '../../enclave/index.ts';
import { runEnclave } from '../../enclave/main.ts';
import { createVerifier, parseTrustAnchor } from '../../shared/attestation/node.ts';
import { recipientIdOf } from '../../shared/cms/index.ts';
import { encodeHex } from '../../shared/encoding.ts';
import { confirmSecret } from './confirmation.ts';
import type { Answer, Job, JobResults, Refusal } from './protocol.ts';

const { values } = parseArgs({ options: { config: { type: 'string' } } });
const configPath = values.config ?? '';

await withStopSignal((signal) =>
  runEnclave({
    configPath,
    env: process.env,
    stdout: (line) => process.stdout.write(`${line}\n`),
    stderr: (line) => process.stderr.write(`${line}\n`),
    now: Date.now,
    signal,
    async application(enclave) {
      const config = await readEnclaveConfig(configPath);
      const lines = createInterface({ input: process.stdin });
      signal.addEventListener('abort', () => lines.close());
      for await (const line of lines) {
        const answer = await answerTo(JSON.parse(line) as Job, enclave, config);
        process.stdout.write(`${JSON.stringify(answer)}\n`);
      }
    },
  }),
);
// Standard input may still be open when a signal ended the run.
process.stdin.destroy();

async function answerTo(
  job: Job,
  enclave: Enclave,
  config: EnclaveConfig,
): Promise<Answer<Job['job']>> {
  try {
    return { result: await perform(job, enclave, config) };
  } catch (error) {
    return { refusal: describe(error) };
  }
}

function describe(error: unknown): Refusal {
  const { name, code, message, $metadata } = error as {
    readonly name: string;
    readonly code?: string;
    readonly message: string;
    readonly $metadata?: { readonly requestId?: string };
  };
  return { name: code ?? name, message, requestId: $metadata?.requestId ?? null };
}

function perform(
  job: Job,
  enclave: Enclave,
  config: EnclaveConfig,
): Promise<JobResults[Job['job']]> {
  switch (job.job) {
    case 'attest':
      return attest(enclave, config);
    case 'derive':
      return derive(job, enclave);
    case 'generate-key-pair':
      return generateKeyPair(job, enclave);
    case 'sign-with-wrapped':
      return signWithWrapped(job, enclave);
  }
}

/** The document stays here: whoever has it can ask KMS in this enclave's name. */
async function attest(
  { keyRing }: Enclave,
  { nsm: { software } }: EnclaveConfig,
): Promise<JobResults['attest']> {
  if (software === undefined) throw new Error('the job runs on the software NSM');
  const lease = await keyRing.lease();
  const { document } = lease;
  lease.release();
  const root = await readFile(join(software.rootDirectory, 'nsm-root.pem'));
  const verifier = createVerifier({ trustAnchors: [parseTrustAnchor(root)] });
  const measured = Object.entries(software.pcrs).map(([i, value]) => [Number(i), value] as const);
  const report = await verifier.verify(document, {
    clock: { mode: 'live', now: Date.now, maxAgeSeconds: 60, skewSeconds: 5 },
    measurements: { enclave: [new Map(measured)] },
    nonce: { waived: 'a document for KMS, which takes no nonce' },
    debug: 'refused',
  });
  return {
    verdict: report.verdict,
    checks: report.checks.map(({ id, verdict }) => ({ id, verdict })),
    moduleId: report.document?.moduleId ?? '',
    documentBytes: document.length,
    recipientId: encodeHex(recipientIdOf(report.document?.publicKey ?? new Uint8Array(0))),
  };
}

async function derive(
  job: Job & { job: 'derive' },
  { kms }: Enclave,
): Promise<JobResults['derive']> {
  const { SharedSecret: secret = new Uint8Array(0) } = await kms.send(
    new DeriveSharedSecretCommand({
      KeyId: job.keyId,
      KeyAgreementAlgorithm: 'ECDH',
      PublicKey: parse(job.peerPublicKey),
    }),
  );
  try {
    const confirmation = confirmSecret(secret, parse(job.challenge));
    return { secretBytes: secret.length, confirmation };
  } finally {
    secret.fill(0);
  }
}

async function generateKeyPair(
  job: Job & { job: 'generate-key-pair' },
  { kms }: Enclave,
): Promise<JobResults['generate-key-pair']> {
  const pair = await kms.send(
    new GenerateDataKeyPairCommand({
      KeyId: job.keyId,
      KeyPairSpec: 'ECC_NIST_P256',
      EncryptionContext: job.context,
    }),
  );
  return {
    publicKey: format(pair.PublicKey),
    wrappedPrivateKey: format(pair.PrivateKeyCiphertextBlob),
    signature: signAndWipe(pair.PrivateKeyPlaintext, job.message),
  };
}

async function signWithWrapped(
  job: Job & { job: 'sign-with-wrapped' },
  { kms }: Enclave,
): Promise<JobResults['sign-with-wrapped']> {
  const { Plaintext } = await kms.send(
    new DecryptCommand({
      KeyId: job.keyId,
      CiphertextBlob: parse(job.wrappedPrivateKey),
      EncryptionContext: job.context,
    }),
  );
  return { signature: signAndWipe(Plaintext, job.message) };
}

function signAndWipe(pkcs8: Uint8Array | undefined, message: string): string {
  const bytes = Buffer.from((pkcs8 ?? new Uint8Array(0)).buffer, pkcs8?.byteOffset, pkcs8?.length);
  try {
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
    return sign('sha256', parse(message), key).toString('base64');
  } finally {
    bytes.fill(0);
  }
}

function parse(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}

function format(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? new Uint8Array(0)).toString('base64');
}
