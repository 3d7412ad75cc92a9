/** What the text of a JSON value shows that JSON.parse does not tell. */
export interface JsonStructure {
  /** How deep arrays and objects stand inside each other. */
  readonly depth: number;
  /** How many members all objects are given, repeated ones included. */
  readonly members: number;
}

/** Looks at a text that is JSON, or not: the answer is right if it is. */
export function measureJson(text: string): JsonStructure {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') i = endOfString(text, i);
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
    // Outside a string, every colon belongs to one member of an object.
    else if (character === ':') members++;
  }
  return { depth: deepest, members };
}

/** Where the string that begins at `start` has its closing quote: one that is not escaped. */
function endOfString(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}

/**
 * How many members the objects of a parsed value have. Fewer than {@link measureJson} counts, where
 * the text gives one twice: JSON.parse keeps the last. The caller bounds the depth.
 */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const children: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : children.length;
  return children.reduce<number>((sum, child) => sum + countMembers(child), own);
}
