import type { RequestContext } from '../../shared/key-policy/index.ts';
import type { KeyRecord } from '../store/records.ts';

/** What a key is from its creation on. */
export interface KeyKind extends Pick<KeyRecord, 'keySpec' | 'keyUsage'> {
  /** One that is only asked for may be of an origin that no key here has. */
  readonly origin: string;
  readonly multiRegion: KeyRecord['multiRegion'];
}

/** The condition keys that the kind of a key gives, whether it is there or is to be created. */
export function kindConditions({
  keySpec,
  keyUsage,
  origin,
  multiRegion,
}: KeyKind): RequestContext {
  return new Map([
    ['kms:KeySpec', [keySpec]],
    ['kms:KeyUsage', [keyUsage]],
    // The former names of both, which policies may still use.
    ['kms:CustomerMasterKeySpec', [keySpec]],
    ['kms:CustomerMasterKeyUsage', [keyUsage]],
    ['kms:KeyOrigin', [origin]],
    ['kms:MultiRegion', [String(multiRegion !== undefined)]],
    ['kms:MultiRegionKeyType', multiRegion === undefined ? [] : [multiRegion]],
  ]);
}
