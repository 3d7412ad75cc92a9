import type { CheckResult } from '../../shared/attestation/index.ts';
import type { Summary } from '../summary.ts';
import { checkView } from './checks.ts';
import { decoration, element } from './element.ts';

const SIGNS = { trusted: '✓', untrusted: '✕', 'not judged': '?' } as const;

/** The answer, with what limits it or what failed. */
export function verdictView(summary: Summary): HTMLElement {
  const heading = element('h2', '', summary.headline);
  heading.id = 'verdict-heading';
  const made = element(
    'section',
    `verdict ${summary.verdict.replace(' ', '-')}`,
    decoration('sign', SIGNS[summary.verdict]),
    element(
      'div',
      'verdict-text',
      heading,
      element('p', '', summary.sentence),
      ...listOf(summary.notes),
      ...failuresOf(summary.failed),
    ),
  );
  made.id = 'verdict';
  made.setAttribute('aria-labelledby', heading.id);
  return made;
}

function listOf(notes: readonly string[]): readonly HTMLElement[] {
  if (notes.length === 0) return [];
  return [element('ul', 'notes', ...notes.map((note) => element('li', '', note)))];
}

function failuresOf(failed: readonly CheckResult[]): readonly HTMLElement[] {
  if (failed.length === 0) return [];
  return [element('ul', 'checks', ...failed.map(checkView))];
}
