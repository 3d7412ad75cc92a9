interface Partition {
  readonly name: string;
  readonly regions: RegExp;
  readonly domain: string;
}

/**
 * AWS's partitions whose endpoints chain to the public Amazon roots (the AWS SDK's table of
 * partitions). The isolated partitions and the European Sovereign Cloud have other domains and other
 * roots, and are not served.
 */
const PARTITIONS: readonly Partition[] = [
  {
    name: 'aws',
    regions: /^(us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-[0-9]$/,
    domain: 'amazonaws.com',
  },
  { name: 'aws-us-gov', regions: /^us-gov-[a-z]+-[0-9]$/, domain: 'amazonaws.com' },
  { name: 'aws-cn', regions: /^cn-[a-z]+-[0-9]$/, domain: 'amazonaws.com.cn' },
];

/** The endpoints of AWS KMS in a region, the usual one first; none in a partition not served. */
export function awsKmsHosts(region: string): readonly string[] {
  const domain = partitionOf(region)?.domain;
  if (domain === undefined) return [];
  const usual = `kms.${region}.${domain}`;
  // China has no FIPS endpoints.
  return domain.endsWith('.cn') ? [usual] : [usual, `kms-fips.${region}.${domain}`];
}

/** What ARNs of a region begin with after `arn:`; undefined in a partition not served. */
export function awsPartition(region: string): string | undefined {
  return partitionOf(region)?.name;
}

function partitionOf(region: string): Partition | undefined {
  return PARTITIONS.find(({ regions }) => regions.test(region));
}
