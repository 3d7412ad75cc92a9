import type { BrokerError } from '../../shared/errors.ts';
import {
  type Authorization,
  type Effect,
  explainAuthorization,
  type GrantReport,
  type PolicyDecision,
} from '../../shared/key-policy/index.ts';

const RECORDED_GRANTS = 100;

/** Why a request was allowed or refused: what the client is not told. */
export interface DecisionRecord {
  readonly requestId: string;
  /** ISO 8601. */
  readonly time: string;
  readonly operation: string;
  /** The ARN of the caller. */
  readonly principal: string;
  readonly effect: Effect | 'recipient-refused';
  /** One for each resource that was asked about; none if the recipient was refused before. */
  readonly authorizations: readonly AuthorizationRecord[];
  /** Why the attestation document was refused. */
  readonly recipient?: { readonly code: string; readonly message: string };
  /** The same for a person. */
  readonly text: string;
}

export interface AuthorizationRecord {
  readonly effect: Effect;
  readonly settledBy: Authorization['settledBy'];
  readonly action: string;
  readonly resource: string;
  readonly keyPolicy?: PolicyDecision;
  /** Those to the caller, up to a hundred: any that allows comes first. */
  readonly grants: readonly GrantReport[];
  readonly identityPolicies: Readonly<Record<string, PolicyDecision>>;
}

interface Asked {
  readonly requestId: string;
  readonly time: string;
  readonly operation: string;
  readonly principal: string;
}

export function recordAuthorizations(
  asked: Asked,
  authorizations: readonly Authorization[],
): DecisionRecord {
  const refused = authorizations.find(({ effect }) => effect !== 'allow');
  const recorded = authorizations.map(withFewGrants);
  // No more of the requests than the text needs: their records outlive them.
  const explained = recorded.map(({ request: { principal, action, resource }, ...decision }) => ({
    ...decision,
    request: { principal, action, resource },
  }));
  return {
    ...asked,
    effect: refused?.effect ?? 'allow',
    authorizations: recorded.map((authorization) => ({
      effect: authorization.effect,
      settledBy: authorization.settledBy,
      action: authorization.request.action,
      resource: authorization.request.resource,
      ...(authorization.keyPolicy === undefined ? {} : { keyPolicy: authorization.keyPolicy }),
      grants: authorization.grants,
      identityPolicies: Object.fromEntries(authorization.identityPolicies),
    })),
    // When it is asked for: most decisions are to allow, and nobody asks why.
    get text() {
      return explained.map(explainAuthorization).join('\n');
    },
  };
}

/** A key may have 50 000 grants, and a thousand decisions are remembered. */
function withFewGrants(authorization: Authorization): Authorization {
  const own = authorization.grants.filter(({ mismatch }) => mismatch !== 'grantee');
  const grants = [
    ...own.filter(({ matched }) => matched),
    ...own.filter(({ matched }) => !matched),
  ].slice(0, RECORDED_GRANTS);
  return { ...authorization, grants };
}

export function recordRecipientRefusal(asked: Asked, failure: BrokerError): DecisionRecord {
  const { code, message } = failure;
  return {
    ...asked,
    effect: 'recipient-refused',
    authorizations: [],
    recipient: { code, message },
    text: `The attestation document was refused (${code}): ${message}`,
  };
}

/** The last decisions, by request id. */
export interface DecisionLog {
  add(record: DecisionRecord): void;
  get(requestId: string): DecisionRecord | undefined;
}

export function createDecisionLog(capacity: number): DecisionLog {
  const records = new Map<string, DecisionRecord>();
  return {
    add(record) {
      records.set(record.requestId, record);
      const [oldest] = records.keys();
      if (records.size > capacity && oldest !== undefined) records.delete(oldest);
    },
    get: (requestId) => records.get(requestId),
  };
}
