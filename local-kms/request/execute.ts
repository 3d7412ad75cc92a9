import { dryRunSucceeded } from '../errors.ts';
import { checkGrantTokens } from '../grants/token.ts';
import { checkState } from '../keys/check-state.ts';
import type { Answer, Call, Subject } from '../operations/operation.ts';
import type { Members } from '../schema/shape.ts';
import { checkUsage } from './check-key.ts';

/** What remains to be checked once the caller is authorised, and then the operation itself. */
export function execute(
  { operation, key }: Subject,
  call: Call<Members>,
): Answer | Promise<Answer> {
  const { GrantTokens, DryRun } = call.request;
  checkGrantTokens(call.backend.vault, (GrantTokens ?? []) as readonly string[]);
  if (key === undefined) return operation.execute(call);
  checkUsage(operation, key);
  checkState(operation.states, key);
  operation.check?.({ ...call, key });
  if (DryRun === true) throw dryRunSucceeded();
  return operation.execute({ ...call, key });
}
