import type { RecipientKeyRing, RecipientLease } from './key-ring.ts';

/**
 * The exceptions by which KMS may refuse a document for its age. What AWS KMS answers is not
 * documented; this is what malformed requests get. AccessDeniedException is not among them: a call
 * that is not permitted gets it each time, and would be made twice each time.
 */
export const AGED_DOCUMENT_ERRORS: readonly string[] = ['ValidationException'];

/**
 * Makes a call to KMS with a lease, which ends with it.
 *
 * A call with a reused document is made once more with a fresh one, if age explains its refusal.
 *
 * @param explainedByAge - whether what the call threw may be due to an aged document.
 * @throws what the call throws, NsmError, UNWRAP_RING_CLOSED
 */
export async function withLease<Result>(
  keyRing: RecipientKeyRing,
  call: (lease: RecipientLease) => Promise<Result>,
  explainedByAge: (error: unknown) => boolean,
): Promise<Result> {
  const lease = await keyRing.lease();
  try {
    return await call(lease);
  } catch (error) {
    if (!lease.reused || !explainedByAge(error)) throw error;
  } finally {
    lease.release();
  }
  const renewed = await keyRing.lease({ fresh: true });
  try {
    return await call(renewed);
  } finally {
    renewed.release();
  }
}
