import type {
  ConfigCode,
  FormatCode,
  KmsCode,
  NsmCode,
  PolicyCode,
  ReadinessCode,
  TransportCode,
  UnwrapCode,
  VerificationCode,
} from './error-codes.ts';

/** Public facts about a failure. Never key material, credentials or plaintext. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export interface ErrorOptionsWithDetails {
  readonly details?: ErrorDetails;
  /** Only where the cause cannot carry a secret: it is printed with the error. */
  readonly cause?: unknown;
}

/**
 * The base of every error that this product throws on purpose.
 *
 * `code` is public API and stable; `message` is for people and names what was expected and what
 * came. docs/error-codes.md lists every code.
 */
export abstract class BrokerError extends Error {
  abstract readonly code: string;
  readonly details: ErrorDetails;

  constructor(message: string, options: ErrorOptionsWithDetails = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.details = options.details ?? {};
  }

  toJSON(): { code: string; message: string; details: ErrorDetails } {
    return { code: this.code, message: this.message, details: this.details };
  }
}

/** The bytes do not have the form that they must have. */
export class FormatError extends BrokerError {
  readonly code: FormatCode;
  constructor(code: FormatCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** The evidence is false: a signature, a certificate path or a time does not hold. */
export class VerificationError extends BrokerError {
  readonly code: VerificationCode;
  constructor(code: VerificationCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** The evidence is true, but is not what is accepted; or the configuration does not permit the call. */
export class PolicyError extends BrokerError {
  readonly code: PolicyCode;
  constructor(code: PolicyCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** A recipient envelope was not opened. After the first RSA operation there is one code only. */
export class UnwrapError extends BrokerError {
  readonly code: UnwrapCode;
  constructor(code: UnwrapCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** KMS answered with something that the broker must not accept. */
export class KmsError extends BrokerError {
  readonly code: KmsCode;
  constructor(code: KmsCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** The Nitro secure module refused a request or did not answer. */
export class NsmError extends BrokerError {
  readonly code: NsmCode;
  constructor(code: NsmCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** A connection could not be made, or was lost. */
export class TransportError extends BrokerError {
  readonly code: TransportCode;
  constructor(code: TransportCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** What the operator configured, or asked for, cannot be used. */
export class ConfigError extends BrokerError {
  readonly code: ConfigCode;
  constructor(code: ConfigCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}

/** The enclave is not what it must be to serve: the production profile does not start, or not on. */
export class ReadinessError extends BrokerError {
  readonly code: ReadinessCode;
  constructor(code: ReadinessCode, message: string, options?: ErrorOptionsWithDetails) {
    super(message, options);
    this.code = code;
  }
}
