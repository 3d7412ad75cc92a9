/**
 * The domains of AWS's partitions whose endpoints chain to the public Amazon roots, by the regions
 * that they have (the AWS SDK's table of partitions). The isolated partitions and the European
 * Sovereign Cloud have other domains and other roots, and are not served.
 */
const DOMAINS: readonly (readonly [RegExp, string])[] = [
  [/^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]$/, 'amazonaws.com'],
  [/^us-gov-[a-z]+-[0-9]$/, 'amazonaws.com'],
  [/^cn-[a-z]+-[0-9]$/, 'amazonaws.com.cn'],
];

/** The endpoints of AWS KMS in a region, the usual one first; none in a partition not served. */
export function awsKmsHosts(region: string): readonly string[] {
  const domain = DOMAINS.find(([regions]) => regions.test(region))?.[1];
  if (domain === undefined) return [];
  const usual = `kms.${region}.${domain}`;
  // China has no FIPS endpoints.
  return domain.endsWith('.cn') ? [usual] : [usual, `kms-fips.${region}.${domain}`];
}
