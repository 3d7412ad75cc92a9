/** What the process behind the stand-in asks of the test; bytes are base64. */
export interface StandInRequest {
  readonly id: string;
  readonly message: string;
}

/** What the test answers: a response, or the number of an error of the driver. */
export type StandInAnswer =
  | { readonly id: string; readonly response: string }
  | { readonly id: string; readonly errno: number };
