import { visibleExcerpt } from '../../shared/visible-text.ts';
import type { Source } from '../inspection.ts';
import { pageElement } from './form.ts';

export interface SourceListener {
  /** A new source, or undefined if there is none any more. */
  give(source: Source | undefined): void;
  /** What was given is not looked at, and why. */
  refuse(problem: string): void;
  readonly maxBytes: number;
}

/** Takes a document from the text field, from a chosen file and from one dropped on the page. */
export function listenForSources(listener: SourceListener): void {
  const text = pageElement('document-text', HTMLTextAreaElement);
  const file = pageElement('document-file', HTMLInputElement);
  const form = pageElement('inspector', HTMLFormElement);

  text.addEventListener('input', () => {
    file.value = '';
    showFileName(undefined);
    const bytes = new TextEncoder().encode(text.value);
    listener.give(text.value.trim() === '' ? undefined : { fileName: undefined, bytes });
  });
  const open = (chosen: File | undefined) => {
    if (chosen !== undefined) void readFile(chosen, text, listener);
  };
  file.addEventListener('change', () => open(file.files?.[0]));
  form.addEventListener('reset', () => {
    showFileName(undefined);
    // The fields are empty only after this event.
    setTimeout(() => listener.give(undefined));
  });
  listenForDrops((dropped) => {
    file.value = '';
    open(dropped);
  });
}

async function readFile(
  file: File,
  text: HTMLTextAreaElement,
  listener: SourceListener,
): Promise<void> {
  if (file.size > listener.maxBytes) {
    refuse(`The file has ${file.size} bytes, more than the ${listener.maxBytes} that are read.`);
    return;
  }
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    text.value = '';
    showFileName(`${visibleExcerpt(file.name, 120)}, ${bytes.length} bytes`);
    listener.give({ fileName: file.name, bytes });
  } catch {
    refuse('The file cannot be read.');
  }

  function refuse(problem: string): void {
    text.value = '';
    showFileName(problem);
    listener.give(undefined);
    listener.refuse(problem);
  }
}

/** Anywhere on the page: a browser would leave the page for a file dropped beside the field. */
function listenForDrops(open: (file: File | undefined) => void): void {
  const page = document.documentElement;
  page.addEventListener('dragover', (event) => {
    event.preventDefault();
    page.classList.add('dropping');
  });
  page.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) page.classList.remove('dropping');
  });
  page.addEventListener('drop', (event) => {
    event.preventDefault();
    page.classList.remove('dropping');
    open(event.dataTransfer?.files[0]);
  });
}

function showFileName(name: string | undefined): void {
  pageElement('document-file-name', HTMLElement).textContent = name ?? '';
}
