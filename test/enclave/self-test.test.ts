import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { parseEnclaveConfig } from '../../enclave/config.ts';
import { runSelfTest } from '../../enclave/self-test.ts';

const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** A client that answers before anything leaves, and remembers what it was asked. */
function start(selfTest: object) {
  const config = parseEnclaveConfig(
    JSON.stringify({
      kms: { region: 'eu-west-1', proxy: 'vsock://3:8000' },
      credentials: 'vsock://3:8001',
      keys: {
        data: { arn, operations: ['GenerateDataKey'], encryptionContext: { app: 'broker' } },
      },
      selfTest,
    }),
  );
  const asked: unknown[] = [];
  const plaintext = new Uint8Array(32).fill(7);
  const kms = new KMSClient({ region: 'eu-west-1' });
  kms.middlewareStack.add(
    (_next, context) =>
      async ({ input }) => {
        asked.push([context.commandName, input]);
        return { output: { Plaintext: plaintext, $metadata: {} } as never, response: {} };
      },
    { step: 'initialize', priority: 'high' },
  );
  return { asked, plaintext, run: () => runSelfTest(kms, config) };
}

describe('the self-test', () => {
  it.each([
    [{ operation: 'GenerateRandom' }, ['GenerateRandomCommand', { NumberOfBytes: 32 }]],
    [
      { operation: 'GenerateDataKey', key: 'data' },
      [
        'GenerateDataKeyCommand',
        { KeyId: arn, NumberOfBytes: 32, EncryptionContext: { app: 'broker' } },
      ],
    ],
  ])('%j asks KMS once, and throws away what it gets', async (selfTest, call) => {
    const { asked, plaintext, run } = start(selfTest);
    await run();
    expect(asked).toEqual([call]);
    expect(plaintext).toEqual(new Uint8Array(32));
  });

  it('asks nothing where there is none', async () => {
    const { asked, run } = start({ operation: 'none' });
    await run();
    expect(asked).toEqual([]);
  });
});
