import type { DocumentKind } from '../../shared/attestation/index.ts';
import { formatIndices, type RegisterRow, type RegisterTable } from '../registers.ts';
import { type Child, decoration, definitions, element, section } from './element.ts';
import { hexView } from './hex.ts';

const TAGS = {
  same: ['=', 'same as expected'],
  different: ['≠', 'differs'],
  absent: ['∅', 'not in the document'],
  'not expected': ['', 'no expectation'],
} as const;

/** What was measured, what each register means, and how it compares. */
export function registersView(
  kind: DocumentKind,
  table: RegisterTable,
  acceptedSets: number,
): HTMLElement {
  const compared = acceptedSets > 0;
  const folded = table.rows.filter(isUnremarkable);
  return section(
    kind === 'enclave' ? 'Enclave registers (PCRs)' : 'NitroTPM registers (PCRs)',
    'registers',
    element('p', 'lead', leadOf(table, acceptedSets, kind)),
    element(
      'ul',
      'registers',
      ...table.rows.filter((row) => !isUnremarkable(row)).map((row) => rowView(row, compared)),
      ...(folded.length === 0 ? [] : [foldedView(folded)]),
    ),
  );
}

/** Registers that nothing was measured into and nobody asks about stand in one row. */
function isUnremarkable(row: RegisterRow): boolean {
  const telling = row.name === 'Reserved' || row.name === 'Dynamic launch';
  return telling && row.untouched && row.comparison === 'not expected';
}

function leadOf(table: RegisterTable, acceptedSets: number, kind: DocumentKind): string {
  if (acceptedSets === 0) {
    return `There are no measurements of ${kind === 'enclave' ? 'an enclave' : 'a NitroTPM instance'} to compare with.`;
  }
  const set = acceptedSets === 1 ? 'the pasted set' : `set ${table.comparedSet} of ${acceptedSets}`;
  return table.differences === 0
    ? `All registers that ${set} names have the expected value.`
    : `${table.differences} of the registers that ${set} names ${table.differences === 1 ? 'does' : 'do'} not have the expected value.`;
}

function rowView(row: RegisterRow, compared: boolean): HTMLElement {
  return element(
    'li',
    `register ${row.comparison.replace(' ', '-')}`,
    element(
      'div',
      'register-head',
      element('h3', '', element('span', 'pcr', `PCR${row.index}`), ` ${row.name}`),
      ...(compared ? [tagView(row)] : []),
    ),
    element('p', 'muted', row.meaning),
    ...valuesOf(row),
  );
}

function tagView({ comparison }: RegisterRow): HTMLElement {
  const [sign, words] = TAGS[comparison];
  return element('span', 'tag', ...(sign === '' ? [] : [decoration('sign', sign), ' ']), words);
}

function valuesOf(row: RegisterRow): readonly Child[] {
  const found = row.actual === undefined ? 'absent' : valueView(row, row.actual, row.expected);
  if (row.comparison !== 'different' && row.comparison !== 'absent') {
    return [element('p', 'value', found)];
  }
  return [
    definitions('values', [
      ['Expected', hexView(row.expected as string, row.actual)],
      ['Found', found],
    ]),
  ];
}

function valueView(row: RegisterRow, actual: string, expected: string | undefined): Child {
  if (row.untouched && expected === undefined) {
    return element('span', 'muted', actual.startsWith('0') ? 'all zero' : 'all ones');
  }
  return hexView(actual, expected);
}

function foldedView(rows: readonly RegisterRow[]): HTMLElement {
  const names = [...new Set(rows.map(({ name }) => name.toLowerCase()))].join(', ');
  return element(
    'li',
    'register not-expected',
    element(
      'div',
      'register-head',
      element(
        'h3',
        '',
        element('span', 'pcr', `PCR${formatIndices(rows.map(({ index }) => index))}`),
      ),
    ),
    element('p', 'muted', `Nothing measured: ${names}.`),
  );
}
