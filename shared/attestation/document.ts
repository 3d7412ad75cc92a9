/** `enclave` is a Nitro Enclave (`pcrs`), `nitrotpm` a NitroTPM instance (`nitrotpm_pcrs`). */
export type DocumentKind = 'enclave' | 'nitrotpm';

/** Register index to 48-byte SHA-384 value. */
export type Pcrs = ReadonlyMap<number, Uint8Array>;

/** The payload of an attestation document (attestation_process.md of the NSM API, section 3). */
export interface AttestationDocument {
  readonly kind: DocumentKind;
  readonly moduleId: string;
  readonly digest: 'SHA384';
  /** Milliseconds since the Unix epoch, by the hypervisor's clock. */
  readonly timestamp: number;
  /** For an enclave the locked registers only. The two kinds give an index different meanings. */
  readonly pcrs: Pcrs;
  /** DER of the leaf certificate. */
  readonly certificate: Uint8Array;
  /** DER, root first. */
  readonly cabundle: readonly Uint8Array[];
  /** Null and a missing key are both undefined. A present field can have length 0. */
  readonly publicKey: Uint8Array | undefined;
  readonly userData: Uint8Array | undefined;
  readonly nonce: Uint8Array | undefined;
}
