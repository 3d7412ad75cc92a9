import { TransportError } from '../../shared/errors.ts';
import type { RoleCredentials } from './credentials.ts';

/** Credentials without an end, and those that live long, are asked for again after that. */
const MAX_HELD_MS = 3_600_000;

/** After a refresh that failed, while what is held is still good. */
const RETRY_MS = 10_000;

export interface CredentialStore {
  /**
   * Credentials that have not expired. Held ones come at once, and are refreshed meanwhile when it is
   * time; where there are none, this waits for the parent, together with whoever else does.
   *
   * @throws {TransportError} PARENT_CREDENTIALS_EXPIRED, and what the fetch throws
   */
  current(): Promise<RoleCredentials>;
  /** Lets go of what is held, since KMS refused it: the next call asks the parent. */
  discard(): void;
  /** Gives up a fetch under way, and what is held. */
  close(): void;
}

/**
 * Keeps the credentials of the parent, and renews them before they end.
 *
 * The next fetch is after half to three quarters of the life that is left, at random, so that
 * enclaves that started together do not ask together, and so that a parent that still serves the
 * same credentials is asked again in time.
 */
export function createCredentialStore(options: {
  readonly fetch: (signal: AbortSignal) => Promise<RoleCredentials>;
  /** The trusted clock: milliseconds since the Unix epoch. */
  readonly clock: () => number;
  /** From 0 up to 1. It need not be unpredictable. */
  readonly random: () => number;
  /** Told of a failure that no call saw. */
  readonly onRefreshFailed: (error: unknown) => void;
}): CredentialStore {
  const { fetch, clock, random, onRefreshFailed } = options;
  const closing = new AbortController();
  let held: { readonly credentials: RoleCredentials; refreshAt: number } | undefined;
  let refreshing: Promise<RoleCredentials> | undefined;

  const fetchAndKeep = async (): Promise<RoleCredentials> => {
    const credentials = await fetch(closing.signal);
    const time = clock();
    const lifeMs = Math.min(endOf(credentials) - time, MAX_HELD_MS);
    if (lifeMs <= 0) throw expired(credentials);
    held = { credentials, refreshAt: time + lifeMs * (0.5 + random() / 4) };
    return credentials;
  };
  const refresh = (): Promise<RoleCredentials> => {
    refreshing ??= fetchAndKeep().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  const refreshAhead = (current: { refreshAt: number }): void => {
    current.refreshAt = Number.POSITIVE_INFINITY;
    refresh().catch((error: unknown) => {
      current.refreshAt = clock() + RETRY_MS * (0.5 + random() / 2);
      onRefreshFailed(error);
    });
  };

  return {
    async current() {
      if (held === undefined || endOf(held.credentials) <= clock()) return refresh();
      const { credentials } = held;
      if (clock() >= held.refreshAt) refreshAhead(held);
      return credentials;
    },
    discard() {
      held = undefined;
    },
    close() {
      closing.abort();
      held = undefined;
    },
  };
}

function endOf({ expiration }: RoleCredentials): number {
  return expiration?.getTime() ?? Number.POSITIVE_INFINITY;
}

function expired({ expiration }: RoleCredentials): TransportError {
  return new TransportError(
    'PARENT_CREDENTIALS_EXPIRED',
    'the parent serves credentials that expired',
    { details: { expiration: expiration?.toISOString() ?? null } },
  );
}
