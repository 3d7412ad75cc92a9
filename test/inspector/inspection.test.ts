import { describe, expect, it } from 'vitest';
import { inspectSource, MAX_INPUT_BYTES } from '../../inspector/inspection.ts';
import { issueDocument } from '../../scripts/fixtures/attestation-authority.ts';
import { documentWith, madeAt, moduleId } from '../../scripts/fixtures/attestation-documents.ts';
import { commonNameOf, describeChain, standingAt } from '../../shared/attestation/explain/chain.ts';
import { parseAttestationDocument } from '../../shared/attestation/index.ts';
import { createNobleEngine } from '../../shared/crypto/noble.ts';
import { encodeBase64, encodeHex } from '../../shared/encoding.ts';

const engine = createNobleEngine();
const { document } = issueDocument(documentWith());
const utf8 = new TextEncoder();
const pasted = (text: string) => ({ fileName: undefined, bytes: utf8.encode(text) });

describe('inspectSource', () => {
  it.each([
    ['a raw file', { fileName: 'a.cose', bytes: document }, 'raw'],
    ['pasted base64', pasted(encodeBase64(document)), 'base64'],
    ['pasted hex', pasted(encodeHex(document)), 'hex'],
    ['a file of base64', { ...pasted(encodeBase64(document)), fileName: 'a.txt' }, 'base64'],
  ])('decodes %s', (_name, source, encoding) => {
    const inspection = inspectSource(source, engine);
    expect(inspection).toMatchObject({ encoding, problem: undefined });
    expect(inspection.document?.moduleId).toBe(moduleId);
    expect(inspection.chain?.links.map(({ role }) => role)).toEqual([
      'Root',
      'Intermediate 1',
      'Intermediate 2',
      'Intermediate 3',
      'Leaf',
    ]);
  });

  it.each([
    ['pasted prose', pasted('not a document!'), 'neither base64 nor hex'],
    ['base64 of something else', pasted('AAAAAA=='), 'CBOR_TRAILING'],
    ['a truncated document', { fileName: 'a', bytes: document.subarray(0, 99) }, 'CBOR_TRUNCATED'],
    ['too much', pasted('A'.repeat(MAX_INPUT_BYTES + 1)), 'longer than'],
  ])('names what is wrong with %s', (_name, source, problem) => {
    const inspection = inspectSource(source, engine);
    expect(inspection.document).toBeUndefined();
    expect(inspection.problem).toContain(problem);
  });
});

describe('describeChain', () => {
  const parsed = parseAttestationDocument(document);

  it('keeps what is no certificate, with the reason', () => {
    const { links } = describeChain({ ...parsed, certificate: Uint8Array.of(1) }, engine);
    const leaf = links.at(-1);
    expect(leaf).toMatchObject({ role: 'Leaf', certificate: undefined });
    expect(leaf?.problem).toMatch(/not an X.509 certificate/);
  });

  it('shows a handful of thousands, the leaf always among them', () => {
    const cabundle = Array.from({ length: 5000 }, () => Uint8Array.of(1));
    const { links, omitted } = describeChain({ ...parsed, cabundle }, engine);
    expect([links.length, omitted]).toEqual([8, 4993]);
    expect(links.at(-1)?.role).toBe('Leaf');
  });

  it.each([
    ['before', -3_600_000, false, /in force only .* after it was made/],
    ['within', 0, true, /^in force when made$/],
    ['after', 4 * 3_600_000, false, /expired .* before it was made/],
  ])('knows a time %s the validity of the leaf', (_name, offset, inside, text) => {
    const leaf = describeChain(parsed, engine).links.at(-1)?.certificate;
    if (leaf === undefined) throw new Error('the leaf is readable');
    const standing = standingAt(leaf, 'made', madeAt + offset);
    expect(standing.inside).toBe(inside);
    expect(standing.text).toMatch(text);
  });

  it('counts the whole second of notAfter as valid, as the verifier does', () => {
    const leaf = describeChain(parsed, engine).links.at(-1)?.certificate;
    if (leaf === undefined) throw new Error('the leaf is readable');
    expect(standingAt(leaf, 'judged', leaf.notAfter + 999).inside).toBe(true);
    expect(standingAt(leaf, 'judged', leaf.notAfter + 1000).inside).toBe(false);
  });
});

describe('commonNameOf', () => {
  it.each([
    ['C=US, O=Amazon, CN=aws.nitro-enclaves', 'aws.nitro-enclaves'],
    ['CN=first, O=x', 'first'],
    ['O=nobody', 'O=nobody'],
    ['', ''],
  ])('of %j is %j', (subject, name) => {
    expect(commonNameOf(subject)).toBe(name);
  });
});
