// The process that bench/broker.ts measures: clients of one KMS side by side, and an endpoint. It puts
// the load of the clients on itself; that of the endpoint comes from outside.
import { Buffer } from 'node:buffer';
import { generateKeyPairSync, randomBytes, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { createCallers } from '../enclave/callers/index.ts';
import { parseEnclaveConfig } from '../enclave/config.ts';
import { startEndpoint } from '../enclave/endpoint/index.ts';
import {
  attestedRecipient,
  createAttestedCall,
  createSignedKmsClient,
  TlsAgent,
} from '../enclave/kms/index.ts';
import { silentMetrics } from '../enclave/metrics.ts';
import { createSoftwareNsm } from '../enclave/nsm/software/index.ts';
import { createKeyRing } from '../enclave/recipient/index.ts';
import { isRecipientOperation } from '../shared/kms/index.ts';
import { silentLogger } from '../shared/log.ts';
import { createNsmClient } from '../shared/nsm/index.ts';
import { loadOrCreateDevelopmentNsmRoot } from '../shared/pki/index.ts';
import {
  type BrokerCounts,
  type BrokerOperation,
  type BrokerOrder,
  type BrokerReady,
  type BrokerScene,
  LOCAL_CREDENTIALS,
  membersOf,
  REGION,
  type Watched,
} from './broker-scene.ts';
import { measure } from './measure.ts';

const { subtle } = webcrypto;
const TIMEOUT_MS = 30_000;
const RSA_SLOTS = 4;
const HISTOGRAM_MS = 1;

process.once('message', async (scene: BrokerScene) => {
  const ask = await createClients(scene);
  process.send?.(ask.ready);
  let watch: ReturnType<typeof startWatch> | undefined;
  process.on('message', async (order: BrokerOrder) => {
    if (order.kind === 'watch') {
      watch = startWatch();
      process.send?.({});
    } else if (order.kind === 'end-watch') {
      process.send?.(watch?.(0));
    } else if (order.kind === 'counts') {
      process.send?.(await ask.counts());
    } else {
      process.send?.(await putLoad(() => ask[order.client](order.operation), order));
    }
  });
});

async function createClients(scene: BrokerScene) {
  const { directory, port, caPem } = scene;
  const nsm = createNsmClient(
    createSoftwareNsm({
      root: await loadOrCreateDevelopmentNsmRoot({ directory, now: Date.now }),
      region: REGION,
      instanceId: 'i-0123456789abcdef0',
      pcrs: { 0: randomBytes(48) },
      debug: false,
      now: Date.now,
      randomBytes,
    }),
  );
  const monotonic = () => performance.now();
  const keyRing = await createKeyRing({
    nsm,
    keyBits: 2048,
    keys: 'window',
    // More often than by default, so that keys change under load.
    rotationSeconds: 10,
    documentSeconds: 10,
    spareKeys: 2,
    maxFailedOpenings: 3,
    monotonic,
    metrics: silentMetrics,
  });
  const agent = () =>
    new TlsAgent({
      proxy: { kind: 'tcp', host: '127.0.0.1', port },
      host: 'localhost',
      roots: [caPem],
      timeoutMs: TIMEOUT_MS,
    });
  const createSdk = () =>
    new KMSClient({
      endpoint: 'https://localhost',
      region: REGION,
      credentials: LOCAL_CREDENTIALS,
      requestHandler: { httpsAgent: agent() },
    });
  const plain = createSdk();
  const attested = createSdk();
  attested.middlewareStack.use(attestedRecipient(keyRing));
  const kms = createSignedKmsClient({
    host: 'localhost',
    region: REGION,
    agent: agent(),
    credentials: { current: async () => LOCAL_CREDENTIALS, discard() {} },
    clock: Date.now,
    monotonic,
    timeoutMs: TIMEOUT_MS,
    random: Math.random,
    metrics: silentMetrics,
  });
  const attestedCall = createAttestedCall({ kms, keyRing });

  const credentialsFile = join(directory, 'caller.credentials');
  const config = endpointConfig(scene, credentialsFile);
  const callers = await createCallers({ config, randomBytes, now: Date.now });
  const endpoint = await startEndpoint({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    maxConcurrent: 256,
    keys: config.keys,
    callers,
    kms,
    keyRing,
    metrics: silentMetrics,
    logger: silentLogger,
    clock: Date.now,
    monotonic,
  });
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(credentialsFile, 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' = ')[1] ?? []);
  const ready: BrokerReady = {
    endpointPort: endpoint.address.kind === 'tcp' ? endpoint.address.port : 0,
    accessKeyId,
    secretAccessKey,
  };

  return {
    ready,
    sdk: (operation: BrokerOperation) => sendBySdk(plain, operation, scene),
    plugin: (operation: BrokerOperation) => sendBySdk(attested, operation, scene),
    signed: (operation: BrokerOperation) =>
      kms.send(operation, Buffer.from(JSON.stringify(membersOf(operation, scene)))),
    async attested(operation: BrokerOperation) {
      if (!isRecipientOperation(operation)) throw new Error(`${operation} takes no Recipient`);
      const { plaintext } = await attestedCall(operation, membersOf(operation, scene));
      plaintext.dispose();
    },
    async counts(): Promise<BrokerCounts> {
      const { generated, waited } = keyRing.stats;
      return { generated, waited, rsaMs: await timeRsa() };
    },
  };
}

function endpointConfig({ dataKey, agreementKey }: BrokerScene, credentialsFile: string) {
  const onData = ['GenerateDataKey', 'Decrypt', 'GenerateDataKeyWithoutPlaintext'];
  return parseEnclaveConfig(
    JSON.stringify({
      profile: 'development',
      kms: { region: REGION, host: 'localhost', proxy: 'tcp://127.0.0.1:1' },
      credentials: 'tcp://127.0.0.1:1',
      keys: {
        data: { arn: dataKey, operations: onData },
        agreement: {
          arn: agreementKey,
          operations: ['DeriveSharedSecret'],
          keySpec: 'ECC_NIST_P256',
        },
      },
      callers: [
        {
          name: 'load',
          uid: process.getuid?.() ?? 0,
          credentialsFile,
          permissions: [
            { key: 'data', operations: onData },
            { key: 'agreement', operations: ['DeriveSharedSecret'] },
          ],
        },
      ],
    }),
  );
}

function sendBySdk(client: KMSClient, operation: BrokerOperation, scene: BrokerScene) {
  const { dataKey: KeyId, agreementKey, ciphertext, peerPublicKey } = scene;
  switch (operation) {
    case 'GenerateDataKey':
      return client.send(new GenerateDataKeyCommand({ KeyId, NumberOfBytes: 32 }));
    case 'GenerateDataKeyWithoutPlaintext':
      return client.send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId, NumberOfBytes: 32 }));
    case 'Decrypt': {
      const CiphertextBlob = Buffer.from(ciphertext, 'base64');
      return client.send(new DecryptCommand({ KeyId, CiphertextBlob }));
    }
    case 'DeriveSharedSecret':
      return client.send(
        new DeriveSharedSecretCommand({
          KeyId: agreementKey,
          KeyAgreementAlgorithm: 'ECDH',
          PublicKey: Buffer.from(peerPublicKey, 'base64'),
        }),
      );
  }
}

async function putLoad(
  call: () => Promise<unknown>,
  { together, milliseconds }: { readonly together: number; readonly milliseconds: number },
): Promise<Watched> {
  await call();
  const endWatch = startWatch();
  const until = performance.now() + milliseconds;
  let count = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      await call();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: together }, caller));
  return endWatch(count);
}

function startWatch(): (count: number) => Watched {
  const delay = monitorEventLoopDelay({ resolution: HISTOGRAM_MS });
  delay.enable();
  const cpu = process.cpuUsage();
  const start = performance.now();
  return (count) => {
    delay.disable();
    const { user, system } = process.cpuUsage(cpu);
    return {
      count,
      milliseconds: performance.now() - start,
      cpuMs: (user + system) / 1000,
      delayP99: delay.percentile(99) / 1e6,
    };
  };
}

/** As the product has it: in the thread pool, a CryptoKey for each slot. */
async function timeRsa(): Promise<number> {
  const oaep = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const imported = await subtle.importKey('spki', spki, oaep, false, ['encrypt']);
  const encrypted = await subtle.encrypt(oaep, imported, randomBytes(32));
  const slots = await Promise.all(
    Array.from({ length: RSA_SLOTS }, () =>
      subtle.importKey('pkcs8', pkcs8, oaep, false, ['decrypt']),
    ),
  );
  const run = async (count: number): Promise<void> => {
    let left = count;
    await Promise.all(
      slots.map(async (key) => {
        while (left-- > 0) await subtle.decrypt(oaep, key, encrypted);
      }),
    );
  };
  const [timing] = await measure([{ name: 'RSA-2048', run }], 15);
  return timing?.cpuMs ?? Number.NaN;
}
