import { visibleText } from '../../shared/visible-text.ts';

/** When a line came, and from which virtual machine if that is known. */
export interface LineOrigin {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly cid: number | undefined;
}

/**
 * One line of the parent's own for a line that an enclave sent; none for what is not a flat JSON
 * object.
 *
 * The object stands apart, under `line`, so that no member of it passes for one of the parent's.
 */
export function formatRecord(text: string, origin: LineOrigin): string | undefined {
  const line = parseFlatObject(text);
  return line && visibleText(JSON.stringify({ ...headOf(origin), line }));
}

/** The line that stands for those that were not log lines: they are not repeated. */
export function formatRefusal(refused: number, origin: LineOrigin): string {
  return JSON.stringify({ ...headOf(origin), refused });
}

function headOf({ time, cid }: LineOrigin): object {
  return { time: new Date(time).toISOString(), cid };
}

function parseFlatObject(text: string): object | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const flat = Object.values(value).every(
    (member) => typeof member !== 'object' || member === null,
  );
  return flat ? value : undefined;
}
