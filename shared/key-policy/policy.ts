import type { ValueTest } from './comparisons.ts';
import type { ConditionOperator } from './operator.ts';

/** The policy of a key: who may do what with it, and when. */
export interface KeyPolicy {
  readonly id: string | undefined;
  readonly statements: readonly (Statement & { readonly principal: PrincipalElement })[];
}

/** A policy of an IAM identity: it speaks of that identity, so it names no principal. */
export interface IdentityPolicy {
  readonly id: string | undefined;
  readonly statements: readonly Statement[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** A key policy's statement without actions or resources is accepted, and has no effect. */
  readonly action: PatternElement | undefined;
  readonly resource: PatternElement | undefined;
  /** All must hold. */
  readonly conditions: readonly Condition[];
}

/** `Action` or `Resource`, or its `Not` form. */
export interface PatternElement {
  readonly negated: boolean;
  /** As written in the policy. */
  readonly patterns: readonly string[];
  /** Whether the element as a whole fits a resource, or an action in lower case. */
  readonly fits: (text: string) => boolean;
}

/** `Principal` or `NotPrincipal`. */
export interface PrincipalElement {
  readonly negated: boolean;
  readonly principals: readonly PolicyPrincipal[];
}

export type PolicyPrincipal =
  | { readonly kind: 'everyone' }
  /** The account as a whole: its root ARN, or its bare number. */
  | { readonly kind: 'account'; readonly accountId: string }
  /** `role` is the ARN without its path, if it is a role's. */
  | { readonly kind: 'arn'; readonly arn: string; readonly role: string | undefined }
  /** A service or a federated identity provider: never one of the principals here. */
  | { readonly kind: 'other' };

export interface Condition {
  readonly operator: ConditionOperator;
  /** As written in the policy. */
  readonly key: string;
  readonly canonicalKey: string;
  /** As written in the policy. */
  readonly values: readonly string[];
  /** One for each of `values`. */
  readonly tests: readonly ValueTest[];
}

/** A grant on a key, as far as it decides. */
export interface PolicyGrant {
  readonly grantId: string;
  readonly granteePrincipal: string;
  /** GrantOperation names: those of actions without `kms:`. */
  readonly operations: readonly string[];
  readonly constraints?: GrantConstraints;
}

/** All that are given must hold. */
export interface GrantConstraints {
  readonly encryptionContextEquals?: ReadonlyMap<string, string>;
  readonly encryptionContextSubset?: ReadonlyMap<string, string>;
}
