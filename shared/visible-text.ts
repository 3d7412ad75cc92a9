/**
 * Characters that a reader cannot see, or that change what others look like: controls, formatting
 * (the directional overrides among them), surrogates without partner, private and unassigned ones,
 * line separators, blank letters, and marks piled on marks.
 */
const DECEPTIVE = /[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|(?<=\p{M}{3})\p{M}/gu;

/**
 * Text of a stranger in a form that a terminal or a page shows and does not obey: what is deceptive
 * is written as `\uXXXX`. In a JSON text those are escapes, so its value stays the same.
 */
export function visibleText(text: string): string {
  return text.replace(DECEPTIVE, spellOut);
}

/** {@link visibleText} of the beginning of a text, which says by how much it was cut. */
export function visibleExcerpt(text: string, maxCharacters: number): string {
  const shown = visibleText(text.slice(0, maxCharacters));
  const rest = text.length - maxCharacters;
  return rest > 0 ? `${shown}… (${rest} more characters)` : shown;
}

function spellOut(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
