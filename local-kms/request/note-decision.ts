import type { DecisionRecord } from './decisions.ts';
import type { Service } from './service.ts';

/** Puts a decision where it can be asked for, and into the log. */
export function noteDecision(
  { decisions, logger }: Pick<Service, 'decisions' | 'logger'>,
  decision: DecisionRecord,
): void {
  decisions.add(decision);
  const { requestId, operation, principal, effect } = decision;
  const fields = { requestId, operation, principal, effect };
  if (effect === 'allow') logger.info('decision', fields);
  else logger.warn('decision', { ...fields, text: decision.text });
}
