import { spawnSync } from 'node:child_process';

/**
 * Whether the `aws` command is there, new enough for DeriveSharedSecret (1.34 or 2.17); tests that
 * need it say so when they are skipped.
 */
export const haveAwsCli = isCurrent(spawnSync('aws', ['--version'], { encoding: 'utf8' }).stdout);

function isCurrent(version: string | null): boolean {
  const [, major, minor] = /^aws-cli\/(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  return Number(minor) >= (major === '1' ? 34 : 17);
}

/** The environment in which the `aws` command talks to a local KMS, and to nothing else. */
export function awsEnvironment(options: {
  readonly endpoint: string;
  /** The file of the certificate to trust; none over plain HTTP. */
  readonly caFile?: string;
  /** A directory that is empty: a person's own settings are not for a test. */
  readonly home: string;
}): Readonly<Record<string, string>> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: options.home,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_KMS: options.endpoint,
    ...(options.caFile === undefined ? {} : { AWS_CA_BUNDLE: options.caFile }),
  };
}
