import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type AttestationPolicy,
  awsNitroEnclavesRootG1,
  createNodeEngine,
  createVerifier,
} from '../../../shared/attestation/node.ts';
import { createNobleEngine } from '../../../shared/crypto/noble.ts';
import { parseHex } from '../../../shared/encoding.ts';
import { vectorsPath } from '../../support/vectors.ts';

interface VectorDocument {
  readonly file: string;
  readonly kind: 'nitro-enclave' | 'nitrotpm';
  readonly debug: boolean | null;
  readonly module_id: string;
  readonly timestamp_ms: number;
  readonly pcrs: Readonly<Record<string, string>>;
  readonly nonce: { readonly present: boolean; readonly hex: string };
  readonly expected: {
    readonly verdict: 'valid' | 'invalid';
    readonly must_fail_at?: string;
    readonly at_ms: number;
    readonly invalid_before_s: number;
    readonly invalid_after_s: number;
  };
}

const indexPath = vectorsPath('attestation', 'index.json');
const documents: readonly VectorDocument[] =
  indexPath === undefined ? [] : JSON.parse(readFileSync(indexPath, 'utf8')).documents;
const valid = documents.filter(({ expected }) => expected.verdict === 'valid');
const invalid = documents.filter(({ expected }) => expected.verdict === 'invalid');

const verifier = createVerifier({ trustAnchors: [awsNitroEnclavesRootG1] });

function bytesOf({ file }: VectorDocument): Uint8Array {
  return new Uint8Array(readFileSync(vectorsPath('attestation', file) as string));
}

function policyFor(vector: VectorDocument, now = vector.expected.at_ms): AttestationPolicy {
  const set = new Map(
    Object.entries(vector.pcrs ?? {}).map(([index, hex]) => [Number(index), parseHex(hex)]),
  );
  const nonce =
    vector.nonce?.present && vector.nonce.hex !== '' ? parseHex(vector.nonce.hex) : undefined;
  return {
    clock: { mode: 'live', now: () => now, maxAgeSeconds: 1, skewSeconds: 5 },
    measurements: vector.kind === 'nitrotpm' ? { nitrotpm: [set] } : { enclave: [set] },
    nonce: nonce ?? { waived: 'the document carries none' },
    debug: vector.debug === true ? 'allowed' : 'refused',
  };
}

const anything: AttestationPolicy = {
  clock: { mode: 'live', now: () => 0, maxAgeSeconds: 1, skewSeconds: 0 },
  measurements: { waived: 'a document that must fail earlier' },
  nonce: { waived: 'a document that must fail earlier' },
  debug: 'allowed',
};

describe.skipIf(documents.length === 0)('genuine documents (needs the vectors)', () => {
  it.each(valid)('trusts $file at its own time', async (vector) => {
    const report = await verifier.verify(bytesOf(vector), policyFor(vector));
    expect(report.checks.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
    expect(report.verdict).toBe('trusted');
    expect(report.document?.moduleId).toBe(vector.module_id);
    expect(report.document?.timestamp).toBe(vector.timestamp_ms);
  });

  it.each(valid)('finds $file outside of its validity at other times', async (vector) => {
    const { invalid_before_s: before, invalid_after_s: after } = vector.expected;
    const early = await verifier.verify(bytesOf(vector), policyFor(vector, before * 1000 - 1000));
    expect(early.failure?.code).toBe('PATH_NOT_YET_VALID');
    const late = await verifier.verify(bytesOf(vector), policyFor(vector, after * 1000 + 1000));
    expect(late.failure?.code).toBe('PATH_EXPIRED');
  });

  it.each(valid.filter(({ debug }) => debug))(
    'refuses the debug document $file',
    async (vector) => {
      const policy = { ...policyFor(vector), debug: 'refused' } as const;
      const report = await verifier.verify(bytesOf(vector), policy);
      expect(report.failure?.code).toBe('POLICY_DEBUG');
    },
  );

  const stages: Readonly<Record<string, RegExp>> = {
    cbor: /^(CBOR|COSE)_/,
    payload: /^(CBOR|COSE|DOCUMENT)_/,
    root: /^PATH_ROOT$/,
    'cose-signature': /^COSE_SIGNATURE$/,
  };
  it.each(invalid)('refuses $file', async (vector) => {
    const at = vector.expected.at_ms ?? 0;
    const policy = {
      ...anything,
      clock: { ...anything.clock, now: () => at },
    } as AttestationPolicy;
    const report = await verifier.verify(bytesOf(vector), policy);
    expect(report.failure?.code).toMatch(stages[vector.expected.must_fail_at ?? ''] as RegExp);
  });

  it.each([createNodeEngine(), createNobleEngine()])(
    'gives the same report with $name',
    async (engine) => {
      const other = createVerifier({ engine, trustAnchors: [awsNitroEnclavesRootG1] });
      for (const vector of [...valid.slice(0, 3), ...valid.slice(-3), ...invalid]) {
        const policy =
          vector.pcrs === undefined ? anything : policyFor(vector, vector.expected.at_ms ?? 0);
        const expected = await verifier.verify(bytesOf(vector), policy);
        const report = await other.verify(bytesOf(vector), policy);
        expect(report.checks).toEqual(expected.checks);
      }
    },
  );
});
