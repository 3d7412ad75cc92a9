import type { CredentialStore } from './credential-store.ts';
import type { KmsPlugin } from './recipient-plugin.ts';

/** The exceptions by which AWS says that it does not know credentials, or no longer. */
export const REFUSED_CREDENTIALS_ERRORS: readonly string[] = [
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
];

/** Lets go of credentials that KMS refuses, so that the call after asks the parent for others. */
export function discardRefusedCredentials(
  credentials: Pick<CredentialStore, 'discard'>,
): KmsPlugin {
  return {
    applyToStack(stack) {
      stack.add(
        (next) => async (args) => {
          try {
            return await next(args);
          } catch (error) {
            const name = error instanceof Error ? error.name : '';
            if (REFUSED_CREDENTIALS_ERRORS.includes(name)) credentials.discard();
            throw error;
          }
        },
        { step: 'initialize', name: 'discardRefusedCredentials' },
      );
    },
  };
}
