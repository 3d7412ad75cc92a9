/** Controls, format characters such as bidirectional overrides, lone surrogates, line separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Text of a stranger in a form that a terminal shows and does not obey: what is not visible is
 * written as `\uXXXX`. In a JSON text those are escapes, so its value stays the same.
 */
export function visibleText(text: string): string {
  return text.replace(INVISIBLE, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeUnit(character, index)).join(''),
  );
}

function escapeUnit(text: string, index: number): string {
  return `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`;
}
