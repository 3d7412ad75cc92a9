import { type Asn1Node, CONSTRUCTED, noContents, tagClassOf } from './asn1-node.ts';

/** The bits of an identifier that hold the tag number; all ones announce a longer one. */
export const TAG = 0x1f;
export const NO_CHILDREN: readonly SliceNode[] = [];

/** Cuts its bytes out of the input when they are asked for: most of a tree is only passed through. */
export class SliceNode implements Asn1Node {
  readonly identifier: number;
  readonly children: readonly SliceNode[];
  readonly end: number;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #contentsStart: number;

  constructor(
    bytes: Uint8Array,
    start: number,
    contentsStart: number,
    end: number,
    children: readonly SliceNode[],
  ) {
    this.identifier = bytes[start] as number;
    this.children = children;
    this.end = end;
    this.#bytes = bytes;
    this.#start = start;
    this.#contentsStart = contentsStart;
  }

  get tagClass(): Asn1Node['tagClass'] {
    return tagClassOf(this.identifier);
  }

  get tag(): number {
    return this.identifier & TAG;
  }

  get constructed(): boolean {
    return (this.identifier & CONSTRUCTED) !== 0;
  }

  get contents(): Uint8Array {
    return this.constructed ? noContents : this.#bytes.subarray(this.#contentsStart, this.end);
  }

  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.end);
  }
}
