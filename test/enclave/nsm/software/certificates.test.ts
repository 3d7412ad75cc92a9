import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDocumentChain, type DocumentChain } from '../../../../enclave/nsm/software/index.ts';
import { createDevelopmentNsmRoot, type KeyedCertificate } from '../../../../shared/pki/index.ts';

const START = Date.UTC(2026, 4, 21, 12, 7, 37, 345);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const identity = {
  region: 'eu-west-1',
  instanceId: 'i-0123456789abcdef0',
  enclaveId: '019e4a6ea7444bda',
};

let root: KeyedCertificate;
beforeAll(async () => {
  root = await createDevelopmentNsmRoot({ now: () => START });
});

/** Root first, leaf last. */
function certificates(chain: DocumentChain): X509Certificate[] {
  return [...chain.cabundle, chain.leaf.certificate].map((der) => new X509Certificate(der));
}

function expectValid(chain: DocumentChain, at: number): void {
  const path = certificates(chain);
  expect(path).toHaveLength(5);
  path.forEach((certificate, i) => {
    const issuer = path[Math.max(i - 1, 0)];
    if (issuer === undefined) throw new Error('no issuer');
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(Date.parse(certificate.validFrom)).toBeLessThanOrEqual(at);
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(at);
  });
}

/** How many certificates, from the root on, two chains have in common. */
function shared(a: DocumentChain, b: DocumentChain): number {
  const others = certificates(b).map((one) => one.fingerprint256);
  const differs = certificates(a).findIndex((one, i) => one.fingerprint256 !== others[i]);
  return differs === -1 ? 5 : differs;
}

describe('createDocumentChain', () => {
  it('answers a valid chain, root first', async () => {
    const chain = await createDocumentChain({ root, identity })(START);
    expectValid(chain, START);
    expect(chain.cabundle[0]).toEqual(root.certificate);
  });

  const LEAF_ENDS = Math.floor(START / 1000) * 1000 + 3 * HOUR;
  it.each([
    ['the whole chain, a moment later', START + 1, 5],
    [
      'the whole chain, five minutes and a moment before the leaf ends',
      LEAF_ENDS - 5 * MINUTE - 1,
      5,
    ],
    ['all but the leaf, five minutes before the leaf ends', LEAF_ENDS - 5 * MINUTE, 4],
    ['all but the leaf, when the leaf has ended', LEAF_ENDS + 1, 4],
    ['the zonal authority, when the clock went back before leaf and instance', START - 4_000, 3],
    ['the zonal authority, a day later', START + DAY, 3],
    ['the regional authority, a week later', START + 7 * DAY, 2],
    ['the root, three weeks later', START + 21 * DAY, 1],
  ])('keeps %s', async (_, later, common) => {
    const chainAt = createDocumentChain({ root, identity });
    const first = await chainAt(START);
    const second = await chainAt(later);
    expectValid(second, later);
    expect(shared(first, second)).toBe(common);
    expect(second.leaf.privateKey.equals(first.leaf.privateKey)).toBe(common === 5);
  });

  it('never answers a leaf that is not valid, over a month of odd hours', async () => {
    const chainAt = createDocumentChain({ root, identity });
    for (let at = START; at < START + 30 * DAY; at += 11 * HOUR + 7919) {
      expectValid(await chainAt(at), at);
    }
  });

  it('issues once for calls at the same time', async () => {
    const chainAt = createDocumentChain({ root, identity });
    const chains = await Promise.all([START, START + 1, START + 2].map(chainAt));
    expect(new Set(chains.map((one) => certificates(one)[4]?.fingerprint256)).size).toBe(1);
  });

  it('goes on after an issuance that failed', async () => {
    const chainAt = createDocumentChain({ root, identity });
    await expect(chainAt(Number.NaN)).rejects.toThrow(RangeError);
    expectValid(await chainAt(START), START);
  });
});
