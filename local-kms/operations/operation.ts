import type { AuthorizedKey, PolicyGrant, RequestContext } from '../../shared/key-policy/index.ts';
import type { Secret } from '../../shared/secret.ts';
import type { Backend } from '../backend.ts';
import type { KeyUsage } from '../keys/specs.ts';
import type { Principal } from '../principals.ts';
import type { Members, RequestOf } from '../schema/shape.ts';
import type { KeyRecord, KeyState } from '../store/records.ts';

/** A member of a response. Bytes become base64; undefined members are left out. */
export type AnswerValue =
  | string
  | number
  | boolean
  | undefined
  | Uint8Array
  | readonly AnswerValue[]
  | { readonly [member: string]: AnswerValue };

export interface Answer {
  readonly members: Readonly<Record<string, AnswerValue>>;
  /**
   * What the five Recipient operations answer in secret. Which member it goes into, or whether it
   * goes sealed, is decided in one place, request/respond.ts, which also disposes of it.
   */
  readonly plaintext?: Secret;
}

export interface Call<M extends Members> {
  readonly backend: Backend;
  readonly caller: Principal;
  readonly request: RequestOf<M>;
}

export interface KeyCall<M extends Members> extends Call<M> {
  readonly key: KeyRecord;
}

interface OperationBase<M extends Members> {
  /** As in `X-Amz-Target`, and with `kms:` before it the IAM action. */
  readonly name: string;
  readonly input: M;
  /** Condition keys that this request gives beside those of every request. */
  conditions?(request: RequestOf<M>, backend: Backend): RequestContext;
  alsoOn?(request: RequestOf<M>, backend: Backend): readonly FurtherPermission[];
}

/** An operation that is about no key: IAM policies alone decide who may. */
export interface AccountOperation<M extends Members = Members> extends OperationBase<M> {
  readonly about: 'account';
  /** What IAM policies name as the resource; `*` unless said otherwise. */
  resource?(request: RequestOf<M>): string;
  execute(call: Call<M>): Answer | Promise<Answer>;
}

/** What else the caller must be allowed, beside the operation itself. */
export interface FurtherPermission {
  /** Without `kms:`; the operation's own unless said otherwise. */
  readonly action?: string;
  /** Whose policy and grants decide; without one, only IAM policies do. */
  readonly key?: KeyRecord;
  /** The ARN of the key, or of what else it is. */
  readonly resource: string;
  /** In place of those that the operation gives. */
  readonly conditions?: RequestContext;
}

/** An operation on one key. */
export interface KeyOperation<M extends Members = Members> extends OperationBase<M> {
  readonly about: 'key';
  /** The IAM action without `kms:`, where it is not the name of the operation. */
  readonly action?: string;
  /** Whether it takes keys of accounts other than the caller's. */
  readonly crossAccount?: true;
  /** @throws {KmsServiceError} if there is no such key. */
  findKey(request: RequestOf<M>, backend: Backend): KeyRecord;
  /** What decides who may, where it is not the key's policy and grants. */
  authority?(call: KeyCall<M>): AuthorizedKey;
  /** What CreateGrant would create: a grant hands on no more than it gives. */
  newGrant?(request: RequestOf<M>): Pick<PolicyGrant, 'operations' | 'constraints'>;
  /** The only usage that a key may have; absent if any will do or `check` decides. */
  readonly usage?: KeyUsage;
  /** The states that a key may be in. */
  readonly states: readonly KeyState[];
  /** What else must hold; a DryRun goes as far as this. */
  check?(call: KeyCall<M>): void;
  execute(call: KeyCall<M>): Answer | Promise<Answer>;
}

/** A validated request of an operation that is not known at compile time. */
export type AnyRequest = RequestOf<Members>;

export type Operation = AccountOperation | KeyOperation;

/** What a request asks for, and the key that it is about. */
export type Subject =
  | { readonly operation: AccountOperation; readonly key: undefined }
  | { readonly operation: KeyOperation; readonly key: KeyRecord };

export function accountOperation<const M extends Members>(
  operation: Omit<AccountOperation<M>, 'about'>,
): AccountOperation<M> {
  return { ...operation, about: 'account' };
}

export function keyOperation<const M extends Members>(
  operation: Omit<KeyOperation<M>, 'about'>,
): KeyOperation<M> {
  return { ...operation, about: 'key' };
}

/** Condition keys from pairs; a key without a value is left out. */
export function conditionKeys(
  values: Readonly<Record<string, string | undefined>>,
): RequestContext {
  return new Map(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, [value]] as const],
    ),
  );
}
