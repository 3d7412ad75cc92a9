/** Longer than any field that a document can hold in hex. */
const MAX_CHARACTERS = 4096;

/**
 * Characters that a reader cannot see, or that change what others look like: controls, formatting
 * (the directional overrides among them), surrogates without partner, private and unassigned ones,
 * line separators, blank letters, and marks piled on marks.
 */
const DECEPTIVE = /[\p{C}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]|(?<=\p{M}{3})\p{M}/gu;

/** Text of an unknown author as it may be shown: what is deceptive is spelled out, as ‹U+202E›. */
export function visibleText(text: string, maxCharacters = MAX_CHARACTERS): string {
  const shown = text.slice(0, maxCharacters).replace(DECEPTIVE, spellOut);
  const rest = text.length - maxCharacters;
  return rest > 0 ? `${shown}… (${rest} more characters)` : shown;
}

function spellOut(character: string): string {
  const codePoint = character.codePointAt(0) as number;
  return `‹U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}›`;
}
