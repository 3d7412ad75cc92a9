import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { createEnclave, type Enclave, parseEnclaveConfig } from '../../enclave/index.ts';
import { silentLogger } from '../../shared/log.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** The enclave's library in this process, with the host name `localhost` for KMS. */
export async function createDevelopmentEnclave(options: {
  /** An address, for example `unix:PATH`. */
  readonly proxy: string;
  readonly credentials: string;
  /** A file of PEM. */
  readonly tlsRoots: string;
  /** Where the root of the software NSM is; one of its own if not given. */
  readonly rootDirectory?: string;
  readonly registers?: Readonly<Record<number, string>>;
  readonly timeoutMs?: number;
}): Promise<Enclave> {
  const { proxy, credentials, tlsRoots, rootDirectory = temporaryDirectory() } = options;
  const { registers = { 0: randomBytes(48).toString('hex') }, timeoutMs = 5000 } = options;
  const config = parseEnclaveConfig(
    JSON.stringify({
      profile: 'development',
      kms: { region: 'us-east-1', host: 'localhost', proxy, tlsRoots, timeoutMs },
      credentials,
      // What a test asks of KMS is all that is asked.
      selfTest: { operation: 'none' },
      nsm: { software: { rootDirectory, instanceId: 'i-0a1b2c3d4e5f60718', pcrs: registers } },
    }),
  );
  const enclave = await createEnclave(config, {
    env: {},
    logger: silentLogger,
    now: Date.now,
    monotonic: () => performance.now(),
    random: Math.random,
  });
  onTestFinished(() => enclave.close());
  return enclave;
}
