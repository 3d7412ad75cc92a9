/** One call with a `Recipient`, as KMS's side of it saw it: nothing in it is secret. */
export interface AttestedCall {
  readonly requestId: string;
  readonly operation: string;
  readonly document: Uint8Array;
  /** The body of the request, JSON. */
  readonly request: Uint8Array;
  /** The `CiphertextForRecipient`, if the call was allowed. */
  readonly envelope: Uint8Array | undefined;
}

/** Takes the attested calls of authenticated callers, before they are answered. */
export type AttestedCallRecorder = (call: AttestedCall) => Promise<void>;
