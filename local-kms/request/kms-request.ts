import type { Arrival } from './conditions.ts';

/** A request as it came in. */
export interface KmsRequest {
  readonly requestId: string;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  /** The operation that its `X-Amz-Target` header names, whether or not there is one. */
  readonly operation: string | undefined;
  readonly userAgent: string | undefined;
  readonly arrival: Arrival;
  readonly body: Uint8Array;
  /** How far ahead the server's clock is to stand for this request. */
  readonly clockOffsetMs: number;
}

const TARGET_PREFIX = 'TrentService.';

/** The operation that a target names; undefined if it is no target of KMS. */
export function operationOf(target: string | readonly string[] | undefined): string | undefined {
  if (typeof target !== 'string' || !target.startsWith(TARGET_PREFIX)) return undefined;
  return target.slice(TARGET_PREFIX.length);
}
