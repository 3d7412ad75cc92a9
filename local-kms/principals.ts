import type { IdentityPolicy, RequestPrincipal } from '../shared/key-policy/index.ts';
import type { SigningCredentials } from '../shared/kms/index.ts';
import { type Realm, rootArn } from './realm.ts';

/** Who can sign requests: an access key, and the identity that it belongs to. */
export interface Principal {
  readonly accessKeyId: string;
  /** Apart from the credentials: this goes into decisions and their records. */
  readonly identity: RequestPrincipal;
  readonly credentials: SigningCredentials;
  /** By name. */
  readonly policies: ReadonlyMap<string, IdentityPolicy>;
}

/** The one principal of a server that was given none: the root of the account. */
export function defaultPrincipal(realm: Realm): Principal {
  return {
    accessKeyId: 'local',
    credentials: { secretAccessKey: 'local' },
    identity: { arn: rootArn(realm), accountId: realm.account },
    policies: new Map(),
  };
}
