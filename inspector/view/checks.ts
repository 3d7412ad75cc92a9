import type { CheckResult } from '../../shared/attestation/index.ts';
import { countVerdicts, groupChecks } from '../check-groups.ts';
import { type Child, decoration, definitions, disclosure, element, section } from './element.ts';

const SIGNS = { passed: '✓', failed: '✕', 'not reached': '–' } as const;

/** Every check of a report, by subject. Groups with nothing to tell apart are closed. */
export function checksView(checks: readonly CheckResult[]): HTMLElement {
  const groups = groupChecks(checks).map(({ title, checks: group }) => {
    const verdicts = new Set(group.map(({ verdict }) => verdict));
    return disclosure(
      [element('h3', '', title), element('span', 'count', countVerdicts(group))],
      { open: verdicts.has('failed') || verdicts.size > 1 },
      element('ul', 'checks', ...group.map(checkView)),
    );
  });
  const made = section('Checks', 'checks', element('p', 'lead', countVerdicts(checks)), ...groups);
  made.classList.add('check-groups');
  return made;
}

/** One check: verdict, sentence, and what was expected beside what was found. */
export function checkView(check: CheckResult): HTMLElement {
  return element(
    'li',
    `check ${check.verdict.replace(' ', '-')}`,
    element('span', 'outcome', decoration('sign', SIGNS[check.verdict]), ` ${check.verdict}`),
    element(
      'div',
      'finding',
      element('p', '', check.message),
      element('p', 'ids', element('code', '', check.id), ...codeOf(check)),
      ...valuesOf(check),
    ),
  );
}

function codeOf({ code }: CheckResult): readonly Child[] {
  return code === null ? [] : [' ', element('code', 'code', code)];
}

function valuesOf({ expected, actual }: CheckResult): readonly HTMLElement[] {
  const entries: (readonly [string, Child])[] = [];
  if (expected !== null && expected === actual) {
    entries.push(['Expected and found', element('code', '', expected)]);
  } else {
    if (expected !== null) entries.push(['Expected', element('code', '', expected)]);
    if (actual !== null) entries.push(['Found', element('code', '', actual)]);
  }
  return entries.length === 0 ? [] : [definitions('values', entries)];
}
