export {
  type Caller,
  type Callers,
  type CallersOptions,
  createCallers,
  type SignedRequest,
  type SignedService,
} from './callers.ts';
export type { Permission, Permissions, RequestedCall } from './permissions.ts';
