// A program in an enclave that gets secrets by the library and disposes of them. It waits for a line
// on standard input before each step, and says what it did when that is done.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { writeHeapSnapshot } from 'node:v8';
import { createEnclave, readEnclaveConfig } from '../../../dist/enclave/index.js';

const [configPath, snapshotPath, publicKey, ciphertext] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin });
const config = await readEnclaveConfig(configPath);
const silent = { info() {}, warn() {}, error() {} };
const enclave = await createEnclave(config, {
  env: {},
  logger: silent,
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
});
await enclave.ready;

const { broker } = enclave;
const shared = await broker.deriveSharedSecret({
  key: 'agreement',
  publicKey: Buffer.from(publicKey, 'base64'),
});
const derived = shared.deriveKey({
  kdf: { kind: 'hkdf', hash: 'SHA-256' },
  fixedInfo: {
    algorithmId: Buffer.from('a key'),
    partyU: Buffer.from('one'),
    partyV: Buffer.from('other'),
  },
  lengthBytes: 32,
});
const decrypted = await broker.decrypt({
  key: 'data',
  ciphertext: Buffer.from(ciphertext, 'base64'),
});
const { plaintext, wrapped } = await broker.generateDataKey({ key: 'data', bytes: 32 });
await say({
  held: [shared, derived, decrypted, plaintext].map(String),
  wrapped: wrapped.toString(),
});

for (const secret of [shared, derived, decrypted, plaintext]) secret.dispose();
await say({ disposed: true });

writeHeapSnapshot(snapshotPath);
await say({ written: true });
await enclave.close();
lines.close();
process.exit();

async function say(what) {
  globalThis.gc();
  process.stdout.write(`${JSON.stringify(what)}\n`);
  await once(lines, 'line');
}
