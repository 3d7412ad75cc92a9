import type { DecisionRecord } from '../../local-kms/index.ts';

/** The conditions of the key policy that did not hold, each as a line for a person. */
export function failedConditions(decision: DecisionRecord): readonly string[] {
  return decision.authorizations.flatMap(({ keyPolicy }) =>
    (keyPolicy?.statements ?? []).flatMap((statement) =>
      statement.conditions
        .filter(({ holds }) => !holds)
        .map(({ operator, key, expected, actual }) => {
          const came = actual === 'missing' ? 'missing' : actual.map(shorten).join(' or ');
          const wanted = expected.map(shorten).join(' or ');
          return `${statement.sid}: ${operator} ${key}: expected ${wanted}, got ${came}`;
        }),
    ),
  );
}

function shorten(value: string): string {
  return value.length > 24 ? `${value.slice(0, 16)}...` : value;
}
