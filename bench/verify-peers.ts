import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AttestationDocument } from '../shared/attestation/node.ts';
import { encodeBase64, encodeHex } from '../shared/encoding.ts';
import type { BenchCase } from './measure.ts';

/**
 * The npm verifiers that are present in the folder that BENCH_PEERS names (`npm install` them
 * there). None has a cache. They take the time of day from Date, so each runs at the document's.
 */
export async function loadPeers(
  bytes: Uint8Array,
  document: AttestationDocument,
  folder: string | undefined,
): Promise<readonly BenchCase[]> {
  if (folder === undefined) return [];
  const find = createRequire(join(folder, 'package.json'));
  const peers = [evervault, sequence].map(async (load) => {
    try {
      return [await load(find, bytes, document)];
    } catch (error) {
      console.error(`peer left out: ${(error as Error).message.split('\n')[0]}`);
      return [];
    }
  });
  return (await Promise.all(peers)).flat();
}

async function evervault(
  find: NodeJS.Require,
  bytes: Uint8Array,
  document: AttestationDocument,
): Promise<BenchCase> {
  const entry = find.resolve('@evervault/wasm-attestation-bindings');
  const bindings = await import(pathToFileURL(entry).href);
  const { readFileSync } = await import('node:fs');
  bindings.initSync({ module: readFileSync(join(entry, '..', 'index_bg.wasm')) });
  const text = encodeBase64(bytes);
  const pcr0 = encodeHex(document.pcrs.get(0) as Uint8Array);
  return {
    name: '@evervault/wasm-attestation-bindings (not cached)',
    run: (count) =>
      atTime(document.timestamp, () => {
        for (let i = 0; i < count; i++) {
          // The call takes the object over, so each needs its own.
          const expected = [new bindings.PCRs(pcr0)];
          if (!bindings.validateAttestationDocPcrs(text, expected)) throw new Error('refused');
        }
      }),
  };
}

async function sequence(
  find: NodeJS.Require,
  bytes: Uint8Array,
  document: AttestationDocument,
): Promise<BenchCase> {
  // The package reads `window` while it loads.
  (globalThis as { window?: unknown }).window ??= globalThis;
  const { SignedAttestation } = await import(
    pathToFileURL(find.resolve('@0xsequence/tee-verifier')).href
  );
  const text = encodeBase64(bytes);
  const time = new Date(document.timestamp);
  return {
    name: '@0xsequence/tee-verifier (not cached)',
    async run(count) {
      for (let i = 0; i < count; i++) {
        const attestation = SignedAttestation.fromDocument(text);
        const holds =
          (await attestation.verifyRootOfTrust(time)) && (await attestation.verifySignature());
        if (!holds) throw new Error('refused');
      }
    },
  };
}

function atTime(time: number, run: () => void): void {
  const { now } = Date;
  Date.now = () => time;
  try {
    run();
  } finally {
    Date.now = now;
  }
}
