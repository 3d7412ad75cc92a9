import { join } from 'node:path';
import type { DevelopmentStack } from './development-stack.ts';
import { REGION } from './identity.ts';

/** What a person can do with a stack that is left up. */
export function howToUse({ endpoint, caFile, directory }: DevelopmentStack): string {
  return `
The stack stays up until Ctrl-C.

The local KMS, as the account's administrator:

  export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
  export AWS_REGION=${REGION} AWS_DEFAULT_REGION=${REGION}
  export AWS_ENDPOINT_URL_KMS=${endpoint} AWS_CA_BUNDLE=${caFile}
  aws kms list-aliases

Why it allowed or denied a request:

  curl --cacert ${caFile} ${endpoint}/_local/decisions/REQUEST-ID

Code of your own inside of an enclave:

  import { createEnclave, readEnclaveConfig } from 'nitro-key-broker/enclave';
  const config = await readEnclaveConfig('${join(directory, 'enclave.json')}');
`;
}
