export { type CredentialsConfig, type ParentConfig, readParentConfig } from './config.ts';
export { type RunParentOptions, runParent } from './main.ts';
export { createParent, type Parent } from './parent.ts';
export {
  type Allowlist,
  checkAllowed,
  type Destination,
  parseAllowlist,
} from './proxy/allowlist.ts';
export { createForwarder, type Forwarder, type ForwarderOptions } from './proxy/forwarder.ts';
