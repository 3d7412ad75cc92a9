import type { AttestationReport, CheckResult } from '../shared/attestation/node.ts';
import { visibleText } from '../shared/visible-text.ts';

const MARKS = { passed: '✔', failed: '✘', 'not reached': '–' } as const;
const COLOURS = { passed: '\u001b[32m', failed: '\u001b[31m', 'not reached': '\u001b[2m' } as const;
const BOLD = '\u001b[1m';
const RESET = '\u001b[0m';

/** The report for a person: the verdict, then a line per check, with what differs spelled out. */
export function formatReport(report: AttestationReport, options: { colour: boolean }): string {
  const paint = (style: string, text: string) => (options.colour ? style + text + RESET : text);
  const width = Math.max(...report.checks.map(({ id }) => id.length));
  const lines = report.checks.flatMap((check) => formatCheck(check, width, paint));
  const style = COLOURS[report.verdict === 'trusted' ? 'passed' : 'failed'];
  return `${paint(BOLD + style, report.verdict.toUpperCase())}\n${lines.join('\n')}\n`;
}

function formatCheck(
  check: CheckResult,
  width: number,
  paint: (style: string, text: string) => string,
): readonly string[] {
  const line = `${MARKS[check.verdict]} ${check.id.padEnd(width)}  ${visibleText(check.message)}`;
  if (check.verdict !== 'failed') return [paint(COLOURS[check.verdict], line)];
  const indent = ' '.repeat(width + 4);
  return [
    paint(COLOURS.failed, `${line} (${check.code})`),
    ...(check.expected === null ? [] : [`${indent}expected ${visibleText(check.expected)}`]),
    ...(check.actual === null ? [] : [`${indent}got      ${visibleText(check.actual)}`]),
  ];
}
