import type { ExpectationField, ExpectationFields, Problem } from '../expectations.ts';

/** Where the complaint about a field stands, and what takes the focus. */
const FIELD_IDS: Readonly<Record<ExpectationField, string>> = {
  measurements: 'measurements',
  tpmMeasurements: 'tpm-measurements',
  nonceChoice: 'nonce-expected',
  nonce: 'nonce',
  waiver: 'waiver',
  clockChoice: 'clock-live',
  maxAge: 'max-age',
  skew: 'skew',
  allowDebug: 'allow-debug',
  trustAnchor: 'trust-anchor',
};

/** An element of the page that must be there, and be of this type. */
export function pageElement<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return found;
}

export function readFields(): ExpectationFields {
  const text = (id: string) =>
    (pageElement(id, HTMLElement) as HTMLInputElement | HTMLTextAreaElement).value;
  const checked = (id: string) => pageElement(id, HTMLInputElement).checked;
  const choice = <A, B>(a: string, valueA: A, b: string, valueB: B) => {
    if (checked(a)) return valueA;
    return checked(b) ? valueB : undefined;
  };
  return {
    measurements: text('measurements'),
    tpmMeasurements: text('tpm-measurements'),
    nonceChoice: choice('nonce-expected', 'expected' as const, 'nonce-waived', 'waived' as const),
    nonce: text('nonce'),
    waiver: text('waiver'),
    clockChoice: choice('clock-live', 'live' as const, 'clock-historic', 'historic' as const),
    maxAge: text('max-age'),
    skew: text('skew'),
    allowDebug: checked('allow-debug'),
    trustAnchor: text('trust-anchor'),
  };
}

/** Puts every complaint beside its field, and removes those that no longer hold. */
export function showProblems(problems: readonly Problem[]): void {
  for (const [field, id] of Object.entries(FIELD_IDS)) {
    const message = problems.find((problem) => problem.field === field)?.message;
    showComplaint(id, message);
  }
}

/** Puts the focus where the first complaint is to be answered. */
export function focusProblem({ field }: Problem): void {
  const target = pageElement(FIELD_IDS[field], HTMLElement);
  // A field can be inside of something closed.
  const enclosing = target.closest('details');
  if (enclosing !== null) enclosing.open = true;
  target.focus();
}

function showComplaint(id: string, message: string | undefined): void {
  const complaint = document.getElementById(`${id}-error`);
  if (complaint === null) return;
  complaint.textContent = message ?? '';
  complaint.hidden = message === undefined;
  const target = pageElement(id, HTMLElement);
  if (message === undefined) target.removeAttribute('aria-invalid');
  else target.setAttribute('aria-invalid', 'true');
}
