const KEY_ID = '(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})';

/** A key id: of a key in one region, or of those that are related across regions. */
export const KEY_ID_FORM = new RegExp(`^${KEY_ID}$`);

/** A key ARN of any partition, region and account. Of an alias it is none. */
export const KEY_ARN_FORM = new RegExp(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/${KEY_ID}$`);
