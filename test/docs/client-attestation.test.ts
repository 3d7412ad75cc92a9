// The page on attestation for clients is true: its bytes are those of the product, and its example
// judges a document that came over the API.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientAttester } from '../../enclave/attestation/index.ts';
import { silentMetrics } from '../../enclave/metrics.ts';
import {
  CHECK_IDS,
  encodeClientBinding,
  parseAttestationDocument,
} from '../../shared/attestation/node.ts';
import { encodeHex } from '../../shared/encoding.ts';
import { createNsmClient } from '../../shared/nsm/index.ts';
import { developmentNsm } from '../support/development-nsm.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'client-attestation.md'), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text]) => text as string,
  );

interface Judgement {
  readonly answer: { readonly document: string; readonly binding: string };
  readonly nonce: Uint8Array;
  readonly data: Uint8Array;
  readonly configHash: Uint8Array;
  readonly measurements: string;
  readonly now: () => number;
}

const configHash = new Uint8Array(32).fill(0xc0);
const data = new TextEncoder().encode('client');
const nonce = new Uint8Array(16).fill(7);
const directory = mkdtempSync(join(root, 'test', 'docs', '.example-'));
afterAll(() => rmSync(directory, { recursive: true }));

let judgement: Judgement;
let judge: (judgement: Judgement) => Promise<void>;

beforeAll(async () => {
  const { nsm, root: authority, register } = await developmentNsm();
  const attester = createClientAttester({
    nsm: createNsmClient(nsm),
    configHash,
    metrics: silentMetrics,
  });
  const { document, binding } = await attester.attest({ purpose: 'client', nonce, data });
  const pcr = encodeHex(register);
  judgement = {
    answer: {
      document: Buffer.from(document).toString('base64'),
      binding: Buffer.from(binding).toString('base64'),
    },
    nonce,
    data,
    configHash,
    measurements: JSON.stringify({ Measurements: { PCR0: pcr, PCR1: pcr, PCR2: pcr } }),
    now: () => parseAttestationDocument(document).timestamp,
  };
  // The example as it stands, with the package from here, and the root of this test for AWS's.
  const anchor = join(directory, 'anchor.mjs');
  const der = Buffer.from(authority.certificate).toString('base64');
  writeFileSync(anchor, `export const root = { der: Buffer.from('${der}', 'base64') };`);
  const [example = ''] = blocks('js');
  const file = join(directory, 'example.mjs');
  const adapted = example
    .replace('nitro-key-broker/attestation', join(root, 'shared', 'attestation', 'node.ts'))
    .replace('[awsNitroEnclavesRootG1]', '[root]');
  writeFileSync(file, `import { root } from './anchor.mjs';\n${adapted}`);
  ({ judge } = await import(file));
});

describe('docs/client-attestation.md', () => {
  it('has the bytes of a binding, and its hash', () => {
    const [, bytes = '', hash = ''] = blocks('text').map((text) => text.replaceAll(/\s/g, ''));
    const binding = encodeClientBinding({ purpose: 'client', configHash, data });
    expect(bytes).toBe(encodeHex(binding));
    expect(hash).toBe(createHash('sha384').update(binding).digest('hex'));
  });

  it('names checks that there are', () => {
    const named = [...page.matchAll(/^\| `(policy\.\w+)`/gm)].map(([, id]) => id as string);
    expect(named).toHaveLength(3);
    expect(CHECK_IDS).toEqual(expect.arrayContaining(named));
  });

  it('has an example that trusts the answer to what was asked', async () => {
    await expect(judge(judgement)).resolves.toBeUndefined();
  });

  it.each<[code: string, changes: Partial<Judgement>]>([
    ['POLICY_NONCE', { nonce: new Uint8Array(16).fill(8) }],
    ['POLICY_CLIENT_DATA', { data: new Uint8Array(1) }],
    ['POLICY_CONFIG_HASH', { configHash: new Uint8Array(32) }],
    ['POLICY_MEASUREMENTS', { measurements: `{"PCR0":"${'11'.repeat(48)}"}` }],
    ['POLICY_INCOMPLETE', { data: undefined as never }],
  ])('has an example that refuses any other: %s', async (code, changes) => {
    await expect(judge({ ...judgement, ...changes })).rejects.toMatchObject({ code });
  });
});
