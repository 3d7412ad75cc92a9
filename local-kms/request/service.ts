import type { KeyPolicyCache } from '../../shared/key-policy/index.ts';
import type { Logger } from '../../shared/log.ts';
import type { AuditSink } from '../audit/event.ts';
import type { Backend } from '../backend.ts';
import type { Principal } from '../principals.ts';
import type { AttestedCallRecorder } from './attested-call.ts';
import type { DecisionLog } from './decisions.ts';
import type { RecipientVerifier } from './recipient.ts';

/** What the requests of a server have in common. */
export interface Service {
  /** Each request has the realm that its signature and its caller say. */
  readonly backend: Omit<Backend, 'realm'>;
  /** By access key id. */
  readonly principals: ReadonlyMap<string, Principal>;
  readonly policies: KeyPolicyCache;
  readonly verifyRecipient: RecipientVerifier;
  readonly decisions: DecisionLog;
  readonly audit: AuditSink;
  readonly recordAttestedCall: AttestedCallRecorder | undefined;
  readonly logger: Logger;
}
