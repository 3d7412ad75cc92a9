export { defaultPrincipal, type Principal } from './principals.ts';
export type { RandomBytes } from './random.ts';
export { DEFAULT_ACCOUNT, DEFAULT_REGION } from './realm.ts';
export type { AttestedCall, AttestedCallRecorder } from './request/attested-call.ts';
export type { AuthorizationRecord, DecisionRecord } from './request/decisions.ts';
export { MAX_SEED_BYTES, parseSeed, type Seed } from './seed/seed.ts';
export {
  type LocalKms,
  type LocalKmsOptions,
  startLocalKms,
} from './server.ts';
