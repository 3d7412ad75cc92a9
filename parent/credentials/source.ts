/** Where the parent has the role credentials from. */
export interface CredentialsSource {
  /**
   * Lends the credential document, current and not expired, for the duration of the call.
   *
   * @throws {BrokerError} with the source's own codes
   */
  lend<T>(use: (document: Uint8Array) => T): Promise<T>;
  /** Forgets what it holds. */
  close(): void;
}
