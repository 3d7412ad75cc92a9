import { groupHex } from '../registers.ts';
import { element } from './element.ts';

/**
 * Hex in groups, copied without gaps. Groups that differ from `other` are marked by weight and
 * underline as well as by colour.
 */
export function hexView(hex: string, other?: string): HTMLElement {
  return element(
    'code',
    'hex',
    ...groupHex(hex, other).map(({ digits, differs }) =>
      element(differs ? 'mark' : 'span', '', digits),
    ),
  );
}
