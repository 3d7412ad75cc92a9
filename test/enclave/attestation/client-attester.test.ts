import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ClientAttesterOptions,
  type ClientRequest,
  createClientAttester,
} from '../../../enclave/attestation/index.ts';
import { silentMetrics } from '../../../enclave/metrics.ts';
import {
  createVerifier,
  parseAttestationDocument,
  parseClientBinding,
} from '../../../shared/attestation/node.ts';
import { NsmError } from '../../../shared/errors.ts';
import { createNsmClient } from '../../../shared/nsm/index.ts';
import { developmentNsm } from '../../support/development-nsm.ts';

const { nsm: module, root, register } = await developmentNsm();
const nsm = createNsmClient(module);
const configHash = new Uint8Array(32).fill(0xc0);
const nonce = new TextEncoder().encode('a nonce');
const data = new TextEncoder().encode('a public key of the client');

function attester(options: Partial<ClientAttesterOptions> = {}) {
  return createClientAttester({ nsm, configHash, metrics: silentMetrics, ...options });
}

describe('a document for a client', () => {
  it('is trusted by who expects that nonce, that data and that configuration', async () => {
    const { document, binding } = await attester().attest({ purpose: 'client', nonce, data });
    const parsed = parseAttestationDocument(document);
    const report = await createVerifier({ trustAnchors: [{ der: root.certificate }] }).verify(
      document,
      {
        clock: { mode: 'live', now: () => parsed.timestamp, maxAgeSeconds: 60, skewSeconds: 0 },
        measurements: { enclave: [new Map([[0, register]])] },
        nonce,
        debug: 'refused',
        clientBinding: { purpose: 'client', binding, configHash, data },
      },
    );
    expect(report.failure).toBeUndefined();
    expect(report.verdict).toBe('trusted');
  });

  it('has no public key, the nonce as it is, and the hash of the binding', async () => {
    const { document, binding } = await attester().attest({ purpose: 'client', nonce, data });
    const parsed = parseAttestationDocument(document);
    expect(parsed.publicKey).toBeUndefined();
    expect(parsed.nonce).toEqual(nonce);
    expect(Buffer.from(parsed.userData ?? []).toString('hex')).toBe(
      createHash('sha384').update(binding).digest('hex'),
    );
    expect(parseClientBinding(binding)).toEqual({ purpose: 'client', configHash, data });
  });

  it('has no public key whatever a caller brings', async () => {
    const asked: object[] = [];
    const recorded = attester({
      nsm: {
        attest: async (fields) => {
          asked.push(fields);
          return new Uint8Array(1);
        },
      },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 512 }),
        fc.uint8Array({ maxLength: 600 }),
        fc.dictionary(fc.constantFrom('publicKey', 'public_key', 'userData'), fc.uint8Array()),
        async (someNonce, someData, more) => {
          await recorded.attest({ purpose: 'client', nonce: someNonce, data: someData, ...more });
          const fields = asked.pop() as { nonce: Uint8Array; userData: Uint8Array };
          expect(Object.keys(fields).sort()).toEqual(['nonce', 'userData']);
          expect(fields.nonce).toEqual(someNonce);
          expect(fields.userData).toHaveLength(48);
        },
      ),
    );
  });

  it('has no place for a public key in its types', () => {
    // @ts-expect-error a client brings a nonce and data, and nothing else.
    const request: ClientRequest = { purpose: 'client', nonce, data, publicKey: data };
    const narrow: ClientAttesterOptions['nsm'] = nsm;
    // @ts-expect-error the attester cannot ask the secure module to carry a key.
    const ask = () => narrow.attest({ userData: data, nonce, publicKey: data });
    expect([request, ask]).toHaveLength(2);
  });

  it('does not change with the arrays of who asked', async () => {
    const mine = Uint8Array.from(nonce);
    const hash = Uint8Array.from(configHash);
    const one = attester({ configHash: hash });
    hash.fill(0);
    const made = one.attest({ purpose: 'client', nonce: mine, data });
    mine.fill(0);
    const { document, binding } = await made;
    expect(parseAttestationDocument(document).nonce).toEqual(nonce);
    expect(parseClientBinding(binding).configHash).toEqual(configHash);
  });

  it.each([
    ['no nonce', { nonce: new Uint8Array(0), data }, 'CLIENT_NONCE'],
    ['a nonce of 513 bytes', { nonce: new Uint8Array(513), data }, 'CLIENT_NONCE'],
    ['too much data', { nonce, data: new Uint8Array(8193) }, 'CLIENT_BINDING_MEMBER'],
  ])('is refused for %s', async (_what, request, code) => {
    await expect(attester().attest({ purpose: 'client', ...request })).rejects.toMatchObject({
      code,
    });
  });

  it('is given for the longest nonce and the most data', async () => {
    const longest = {
      purpose: 'client' as const,
      nonce: new Uint8Array(512),
      data: new Uint8Array(8192),
    };
    const { document } = await attester().attest(longest);
    expect(parseAttestationDocument(document).nonce).toHaveLength(512);
  });

  it('needs a configuration hash from the start', () => {
    expect(() => attester({ configHash: new Uint8Array(48) })).toThrow(
      expect.objectContaining({ code: 'CLIENT_BINDING_MEMBER' }),
    );
  });
});

/** A secure module whose answers wait for the test. */
function stalledNsm() {
  const waiting: Array<PromiseWithResolvers> = [];
  return {
    waiting,
    nsm: {
      attest: () =>
        new Promise<Uint8Array>((resolve, reject) => {
          waiting.push({ resolve: () => resolve(new Uint8Array(1)), reject });
        }),
    },
  };
}

interface PromiseWithResolvers {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));

describe('many clients at once', () => {
  it('have one request with the secure module at a time, and a bounded number that waits', async () => {
    const outcomes: string[] = [];
    const { nsm: stalled, waiting } = stalledNsm();
    const busy = attester({
      nsm: stalled,
      maxWaiting: 2,
      metrics: {
        ...silentMetrics,
        document: (purpose, outcome) => outcomes.push(`${purpose} ${outcome}`),
      },
    });
    const asked = [1, 2, 3].map(() => busy.attest({ purpose: 'client', nonce, data }));
    await turnOfTheLoop();
    expect(waiting).toHaveLength(1);
    await expect(busy.attest({ purpose: 'client', nonce, data })).rejects.toMatchObject({
      code: 'NSM_QUEUE_FULL',
    });
    for (let at = 0; at < 3; at += 1) {
      expect(waiting).toHaveLength(at + 1);
      waiting[at]?.resolve();
      await asked[at];
      await turnOfTheLoop();
    }
    expect(outcomes).toEqual(['client NSM_QUEUE_FULL', 'client ok', 'client ok', 'client ok']);
    const later = busy.attest({ purpose: 'client', nonce, data });
    await turnOfTheLoop();
    waiting[3]?.resolve();
    await later;
  });

  it('are served after one whose document failed', async () => {
    const { nsm: stalled, waiting } = stalledNsm();
    const busy = attester({ nsm: stalled });
    const failing = busy.attest({ purpose: 'client', nonce, data });
    const next = busy.attest({ purpose: 'client', nonce, data });
    await turnOfTheLoop();
    waiting[0]?.reject(new NsmError('NSM_TIMEOUT', 'late'));
    await expect(failing).rejects.toMatchObject({ code: 'NSM_TIMEOUT' });
    await turnOfTheLoop();
    waiting[1]?.resolve();
    await next;
  });

  it('that the parent lets in keep no program inside from its document', async () => {
    const { nsm: stalled, waiting } = stalledNsm();
    const busy = attester({ nsm: stalled, maxWaiting: 2 });
    const flood = Array.from({ length: 100 }, () =>
      busy.attest({ purpose: 'client', nonce, data }),
    );
    const outcomes = Promise.allSettled(flood);
    const inside = busy.attest({ purpose: 'enclave', nonce, data });
    await turnOfTheLoop();
    // Behind the one of the flood that is with the secure module, and not behind those in its line.
    expect(waiting).toHaveLength(2);
    waiting[1]?.resolve();
    await inside;
    for (let at = 0; at < 4; at += 1) {
      waiting[at]?.resolve();
      await turnOfTheLoop();
    }
    expect((await outcomes).filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  it('inside have a bound of their own', async () => {
    const { nsm: stalled, waiting } = stalledNsm();
    const busy = attester({ nsm: stalled, maxWaiting: 0 });
    const first = busy.attest({ purpose: 'enclave', nonce, data });
    await expect(busy.attest({ purpose: 'enclave', nonce, data })).rejects.toMatchObject({
      code: 'NSM_QUEUE_FULL',
    });
    await turnOfTheLoop();
    waiting[0]?.resolve();
    await first;
  });
});
