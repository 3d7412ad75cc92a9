import { describe, expect, it } from 'vitest';
import { countVerdicts, groupChecks } from '../../inspector/check-groups.ts';
import {
  summariseReport,
  summariseUnjudged,
  summariseUnreadable,
} from '../../inspector/summary.ts';
import { documentWith, enclavePcrs, madeAt } from '../../scripts/fixtures/attestation-documents.ts';
import { judge } from '../support/judge.ts';

const aws = { ownTrustAnchor: false };
const debugPcrs = new Map(enclavePcrs).set(0, new Uint8Array(48));

describe('summariseReport', () => {
  it('calls a document trusted without limits where none were made', async () => {
    const summary = summariseReport(await judge(documentWith()), aws);
    expect(summary).toMatchObject({ verdict: 'trusted', notes: [], failed: [] });
    expect(summary.sentence).not.toContain('limits');
  });

  it('says what a trusted verdict leaves open', async () => {
    const report = await judge(documentWith(), {
      clock: { mode: 'historic' },
      nonce: { waived: 'an archive' },
    });
    const { verdict, notes } = summariseReport(report, { ownTrustAnchor: true });
    expect(verdict).toBe('trusted');
    expect(notes).toHaveLength(3);
    expect(notes[0]).toContain('Freshness was not established');
    expect(notes[1]).toMatch(/^Nonce: .*an archive$/);
    expect(notes[2]).toContain('trust anchor that you gave');
  });

  it('says that debug mode was accepted', async () => {
    const report = await judge(documentWith({ fields: { pcrs: debugPcrs } }), {
      debug: 'allowed',
      measurements: { enclave: [new Map([[0, new Uint8Array(48)]])] },
    });
    expect(summariseReport(report, aws).notes.join()).toContain('debug enclave');
  });

  it('names every check that failed', async () => {
    const report = await judge(documentWith(), {
      nonce: Uint8Array.of(1),
      measurements: { enclave: [new Map([[0, new Uint8Array(48).fill(9)]])] },
    });
    const summary = summariseReport(report, aws);
    expect(summary.verdict).toBe('untrusted');
    expect(summary.failed.map(({ id }) => id)).toEqual(['policy.measurements', 'policy.nonce']);
  });
});

describe('without a report', () => {
  it('says that nothing was judged, and what is missing', () => {
    const problem = { field: 'nonce', kind: 'missing', message: 'The nonce.' } as const;
    const summary = summariseUnjudged([problem]);
    expect(summary).toMatchObject({ verdict: 'not judged', notes: ['The nonce.'] });
    expect(summary.sentence).toContain('Nothing below has been verified');
    expect(summariseUnjudged([]).verdict).toBe('not judged');
    expect(summariseUnreadable('x').verdict).toBe('not judged');
  });
});

describe('groupChecks', () => {
  it('puts every check of a report in one group, in the order of the rules', async () => {
    const late = {
      mode: 'live',
      now: () => madeAt + 1e12,
      maxAgeSeconds: 1,
      skewSeconds: 0,
    } as const;
    const { checks } = await judge(documentWith(), { clock: late });
    const groups = groupChecks(checks);
    expect(groups.map(({ title }) => title)).toEqual([
      'Envelope',
      'Contents',
      'Certificate path',
      'Signature of the document',
      'Your expectations',
    ]);
    const ids = groups.flatMap((group) => group.checks.map(({ id }) => id));
    expect(new Set(ids)).toEqual(new Set(checks.map(({ id }) => id)));
    expect(ids).toHaveLength(checks.length);
    expect(countVerdicts(checks)).toMatch(/^\d+ passed, 1 failed, \d+ not reached$/);
  });
});
