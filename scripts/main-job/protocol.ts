/**
 * What the run asks of the enclave's application, a line of JSON each, and what it answers. Bytes
 * are base64. No answer holds key material: a secret is shown to be the same by a MAC under it.
 */
export type Job =
  | { readonly job: 'attest' }
  | {
      readonly job: 'derive';
      readonly keyId: string;
      readonly peerPublicKey: string;
      readonly challenge: string;
    }
  | {
      readonly job: 'generate-key-pair';
      readonly keyId: string;
      readonly context: Readonly<Record<string, string>>;
      readonly message: string;
    }
  | {
      readonly job: 'sign-with-wrapped';
      readonly keyId: string;
      readonly context: Readonly<Record<string, string>>;
      readonly wrappedPrivateKey: string;
      readonly message: string;
    };

export interface JobResults {
  readonly attest: {
    readonly verdict: 'trusted' | 'untrusted';
    readonly checks: readonly { readonly id: string; readonly verdict: string }[];
    readonly moduleId: string;
    readonly documentBytes: number;
    /** SHA-256 of the public key that the document carries: how KMS names its recipient. */
    readonly recipientId: string;
  };
  readonly derive: { readonly secretBytes: number; readonly confirmation: string };
  readonly 'generate-key-pair': {
    readonly publicKey: string;
    readonly wrappedPrivateKey: string;
    readonly signature: string;
  };
  readonly 'sign-with-wrapped': { readonly signature: string };
}

/** Why a job was refused, as the application saw it: of a KMS exception, what KMS told its client. */
export interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly requestId: string | null;
}

export type Answer<Name extends Job['job']> =
  | { readonly result: JobResults[Name] }
  | { readonly refusal: Refusal };
