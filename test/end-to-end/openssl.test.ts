// An independent opinion on derived secrets: the `openssl` command, which shares no code with this.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyPairKeyObjectResult } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateKeyCommand,
  DeriveSharedSecretCommand,
  GetPublicKeyCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attestedKeyPolicy } from '../../scripts/main-job/keys.ts';
import type { DevelopmentStack } from '../../scripts/stack/development-stack.ts';
import { startDevelopmentStack } from '../support/built.ts';
import { createDevelopmentEnclave } from '../support/development-enclave.ts';
import { haveOpenssl } from '../support/openssl.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** By `openssl pkeyutl -derive`, from a private key of the peer and the public key of KMS. */
function deriveByOpenssl(privateKeyPem: string, publicKeyDer: Uint8Array): Uint8Array {
  const directory = temporaryDirectory();
  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const peer = file('peer.pem', privateKeyPem);
  const kms = file('kms.der', publicKeyDer);
  return new Uint8Array(
    execFileSync('openssl', [
      ...['pkeyutl', '-derive', '-inkey', peer],
      ...['-peerkey', kms, '-peerform', 'DER'],
    ]),
  );
}

describe.skipIf(!haveOpenssl)(
  `secrets derived through the real stack${haveOpenssl ? '' : ' (SKIPPED: openssl is not installed)'}`,
  () => {
    let stack: DevelopmentStack;
    beforeAll(async () => {
      stack = await startDevelopmentStack({ env: process.env, now: Date.now, onLine: () => {} });
    });
    afterAll(() => stack.stop());

    it.each([
      ['ECC_NIST_P256', 'P-256', 32],
      ['ECC_NIST_P384', 'P-384', 48],
      ['ECC_NIST_P521', 'P-521', 66],
    ] as const)("on %s are openssl's own", async (KeySpec, namedCurve, length) => {
      const { KeyMetadata } = await stack.administrator.send(
        new CreateKeyCommand({
          KeySpec,
          KeyUsage: 'KEY_AGREEMENT',
          Policy: attestedKeyPolicy(['kms:DeriveSharedSecret'], stack.registers),
        }),
      );
      const KeyId = KeyMetadata?.Arn ?? '';
      const { PublicKey } = await stack.administrator.send(new GetPublicKeyCommand({ KeyId }));
      const enclave = await createDevelopmentEnclave({
        proxy: `unix:${join(stack.directory, 'kms.sock')}`,
        credentials: `unix:${join(stack.directory, 'credentials.sock')}`,
        tlsRoots: stack.caFile,
        rootDirectory: stack.directory,
        registers: stack.registers,
      });
      const derive = async ({ publicKey }: KeyPairKeyObjectResult) => {
        const { SharedSecret } = await enclave.kms.send(
          new DeriveSharedSecretCommand({
            KeyId,
            KeyAgreementAlgorithm: 'ECDH',
            PublicKey: publicKey.export({ format: 'der', type: 'spki' }),
          }),
        );
        return SharedSecret;
      };
      const peer = generateKeyPairSync('ec', { namedCurve });
      const privateKeyPem = peer.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      const expected = deriveByOpenssl(privateKeyPem, PublicKey ?? new Uint8Array(0));
      expect(expected).toHaveLength(length);
      expect(await derive(peer)).toEqual(expected);
      expect(await derive(generateKeyPairSync('ec', { namedCurve }))).not.toEqual(expected);
    });
  },
);
