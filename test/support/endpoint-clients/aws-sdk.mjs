// The AWS SDK for JavaScript as a program in an enclave has it: all that it knows of the endpoint is
// in its environment. A line of JSON in is a call, a line of JSON out is how it ended.
import { createInterface } from 'node:readline';
import { KMS } from '@aws-sdk/client-kms';

const BLOBS = new Set(JSON.parse(process.argv[2]));
const client = new KMS();

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, input } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await call(operation, input))}\n`);
}

async function call(operation, input) {
  try {
    const { $metadata, ...output } = await client[lowerFirst(operation)](map(input, fromBase64));
    return { output: map(output, toBase64) };
  } catch ({ name, message }) {
    return { error: name, message };
  }
}

function lowerFirst(name) {
  return name[0].toLowerCase() + name.slice(1);
}

function map(members, change) {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, BLOBS.has(name) ? change(value) : value]),
  );
}

function fromBase64(text) {
  return Buffer.from(text, 'base64');
}

function toBase64(bytes) {
  return Buffer.from(bytes).toString('base64');
}
