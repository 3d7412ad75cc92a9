import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deriveCounterMode } from '../../shared/kdf/counter-mode.ts';
import { deriveKey } from '../../shared/kdf/index.ts';
import { Secret } from '../../shared/secret.ts';
import { haveOpenssl } from '../support/openssl.ts';
import { hexOfSecret } from '../support/secrets.ts';

const page = readFileSync(
  join(import.meta.dirname, '..', '..', 'docs', 'key-derivation.md'),
  'utf8',
);

const [setup] = page.match(/(?<=^```sh\n).*?(?=^```)/ms) as [string];
/** Each command with the output that the page gives it. */
const examples = [...page.matchAll(/^```sh\n((?:(?!^```).)*)^```\n\n^```text\n(.*?)^```/gms)].map(
  ([, command, output]) => ({ command: command as string, output: hexIn(output as string) }),
);

/** OpenSSL prints `AA:BB`. */
function hexIn(text: string): string {
  return text.replaceAll(/[^0-9A-Fa-f]/g, '').toLowerCase();
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const secret = new Secret(Uint8Array.from({ length: 32 }, (_, at) => at));
const common = {
  secret,
  fixedInfo: { algorithmId: utf8('A256GCM'), partyU: utf8('client'), partyV: utf8('enclave') },
  lengthBytes: 32,
};
const ours = [
  deriveKey({ ...common, kdf: { kind: 'hkdf', hash: 'SHA-256' } }),
  deriveKey({ ...common, kdf: { kind: 'one-step', hash: 'SHA-256' } }),
  deriveKey({ ...common, kdf: { kind: 'one-step-hmac', hash: 'SHA-256' } }),
  deriveCounterMode({
    hash: 'SHA-384',
    secret,
    label: utf8('ecdh-key-derivation\0'),
    context: new Uint8Array(32).fill(0x33),
    lengthBytes: 64,
  }),
].map(hexOfSecret);

describe('docs/key-derivation.md', () => {
  it('gives the keys that the product derives', () => {
    expect(examples.map(({ output }) => output)).toEqual(ours);
  });

  it.skipIf(!haveOpenssl).each(examples)(
    'gives commands that work: $command (skipped without openssl)',
    ({ command, output }) => {
      const printed = execFileSync('bash', ['-euc', setup + command], { encoding: 'utf8' });
      expect(hexIn(printed)).toBe(output);
    },
  );
});
