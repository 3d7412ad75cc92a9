import { visibleExcerpt } from '../../shared/visible-text.ts';

/** Longer than any field that a document can hold in hex. */
const MAX_CHARACTERS = 4096;

export type Child = Node | string;

/**
 * An element with text and elements in it. All text becomes text nodes, and what is deceptive in it
 * is spelled out: a document's words cannot become markup or disguise themselves.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children.map((child) => (typeof child === 'string' ? textNode(child) : child)));
  return made;
}

/** Decoration that a screen reader passes over: words beside it say the same. */
export function decoration(className: string, ...children: readonly Child[]): HTMLElement {
  const made = element('span', className, ...children);
  made.setAttribute('aria-hidden', 'true');
  return made;
}

/** A section with its heading, named by it. */
export function section(title: string, id: string, ...children: readonly Child[]): HTMLElement {
  const heading = element('h2', '', title);
  heading.id = `${id}-heading`;
  const made = element('section', 'panel', heading, ...children);
  made.id = id;
  made.setAttribute('aria-labelledby', heading.id);
  return made;
}

/** Terms and their descriptions. */
export function definitions(
  className: string,
  entries: readonly (readonly [term: string, description: Child])[],
): HTMLElement {
  return element(
    'dl',
    className,
    ...entries.map(([term, description]) =>
      element('div', '', element('dt', '', term), element('dd', '', description)),
    ),
  );
}

/** What opens on demand, by keyboard too. */
export function disclosure(
  summary: readonly Child[],
  { open }: { readonly open: boolean },
  ...children: readonly Child[]
): HTMLElement {
  const made = element('details', '', element('summary', '', ...summary), ...children);
  made.open = open;
  return made;
}

function textNode(text: string): Text {
  return document.createTextNode(visibleExcerpt(text, MAX_CHARACTERS));
}
