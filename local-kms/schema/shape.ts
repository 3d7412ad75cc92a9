/** The form of a request member, as the service model of KMS states it. */
export type Shape =
  | StringShape
  | BlobShape
  | IntegerShape
  | { readonly type: 'boolean' }
  /** Seconds since the Unix epoch, with a fraction perhaps. */
  | { readonly type: 'timestamp' }
  | ListShape
  | { readonly type: 'string-map' }
  | StructureShape;

export interface StringShape {
  readonly type: 'string';
  readonly min?: number;
  readonly max?: number;
  /** As KMS prints it; the whole text must match, anchored or not. */
  readonly pattern?: string;
  readonly values?: readonly string[];
}

export interface BlobShape {
  readonly type: 'blob';
  readonly min: number;
  readonly max: number;
}

export interface IntegerShape {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
}

export interface ListShape {
  readonly type: 'list';
  readonly of: Shape;
  readonly max?: number;
}

export interface StructureShape {
  readonly type: 'structure';
  readonly members: Members;
}

export type Members = Readonly<Record<string, Member>>;

export interface Member {
  readonly shape: Shape;
  readonly required: boolean;
  /** Whether null is refused: it is absence of any other member. */
  readonly notNull?: boolean;
}

export function required<const S extends Shape>(shape: S) {
  return { shape, required: true } as const;
}

export function optional<const S extends Shape>(shape: S) {
  return { shape, required: false } as const;
}

/** What a member of this shape is once it has been validated. */
export type ValueOf<S extends Shape> = S extends { readonly type: 'string' }
  ? S extends { readonly values: readonly (infer V)[] }
    ? V
    : string
  : S extends { readonly type: 'blob' }
    ? Uint8Array
    : S extends { readonly type: 'integer' | 'timestamp' }
      ? number
      : S extends { readonly type: 'boolean' }
        ? boolean
        : S extends { readonly type: 'list'; readonly of: infer I extends Shape }
          ? readonly ValueOf<I>[]
          : S extends { readonly type: 'string-map' }
            ? ReadonlyMap<string, string>
            : S extends { readonly type: 'structure'; readonly members: infer M extends Members }
              ? RequestOf<M>
              : never;

/** A validated request: required members are there, absent ones are undefined. */
export type RequestOf<M extends Members> = {
  readonly [K in keyof M]: M[K]['required'] extends true
    ? ValueOf<M[K]['shape']>
    : ValueOf<M[K]['shape']> | undefined;
};
