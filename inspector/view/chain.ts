import type { Certificate } from '../../shared/attestation/certificate.ts';
import { formatName } from '../../shared/attestation/distinguished-name.ts';
import {
  type Chain,
  type ChainLink,
  commonNameOf,
  standingAt,
} from '../../shared/attestation/explain/chain.ts';
import { formatDuration, formatTime } from '../../shared/attestation/explain/time-text.ts';
import { encodeHex } from '../../shared/encoding.ts';
import { createTimeScale, type TimeScale } from '../time-scale.ts';
import { type Child, decoration, definitions, disclosure, element, section } from './element.ts';
import { hexView } from './hex.ts';

export interface ChainTimes {
  /** The document's own time. */
  readonly document: number;
  /** When it was judged; undefined if it was not. */
  readonly judgement: number | undefined;
}

/** The certificates from root to leaf, each with its validity on a common line of time. */
export function chainView(chain: Chain, times: ChainTimes): HTMLElement {
  const bounds = chain.links.flatMap(({ certificate }) =>
    certificate === undefined ? [] : [certificate.notBefore, certificate.notAfter],
  );
  const { document, judgement } = times;
  const scale = createTimeScale(document, [
    ...bounds,
    ...(judgement === undefined ? [] : [judgement]),
  ]);
  return section(
    'Certificate chain',
    'chain',
    legendView(times),
    axisView(scale, times),
    element('ol', 'chain', ...chain.links.map((link) => linkView(link, scale, times))),
    ...(chain.omitted === 0
      ? []
      : [element('p', 'muted', `${chain.omitted} more certificates are not shown.`)]),
  );
}

function legendView({ document, judgement }: ChainTimes): HTMLElement {
  const apart = judgement !== undefined && judgement !== document;
  return element(
    'div',
    'lead legend',
    element(
      'p',
      '',
      decoration('key document-time'),
      `${judgement === document ? 'Made and judged' : 'Made'} at ${formatTime(document)}`,
    ),
    ...(apart
      ? [element('p', '', decoration('key judgement-time'), `Judged at ${formatTime(judgement)}`)]
      : []),
    element('p', 'muted', 'Bars show validity, by the logarithm of the distance from that time.'),
  );
}

function axisView(scale: TimeScale, times: ChainTimes): HTMLElement {
  const axis = decoration('axis');
  for (const { label, position, minor } of scale.ticks) {
    const tick = element('span', minor ? 'tick minor' : 'tick', label);
    tick.style.left = percent(position);
    axis.append(tick);
  }
  addMarkers(axis, scale, times);
  return axis;
}

/** Appends the lines of both times to a track. */
function addMarkers(track: HTMLElement, scale: TimeScale, times: ChainTimes): void {
  const add = (className: string, time: number) => {
    const marker = element('span', `marker ${className}`);
    marker.style.left = percent(scale.position(time));
    track.append(marker);
  };
  add('document-time', times.document);
  if (times.judgement !== undefined && times.judgement !== times.document) {
    add('judgement-time', times.judgement);
  }
}

function linkView(link: ChainLink, scale: TimeScale, times: ChainTimes): HTMLElement {
  const { certificate, role } = link;
  if (certificate === undefined) {
    return element(
      'li',
      'link',
      element('h3', '', element('span', 'role', role), ' unreadable'),
      element('p', '', link.problem ?? ''),
      disclosure(['Details'], { open: false }, definitions('fields', [fingerprintOf(link)])),
    );
  }
  return element(
    'li',
    'link',
    element(
      'h3',
      '',
      element('span', 'role', role),
      ' ',
      element('span', 'name', commonNameOf(formatName(certificate.subject))),
    ),
    trackView(certificate, scale, times),
    validityView(certificate, times),
    disclosure(['Details'], { open: false }, definitions('fields', detailsOf(link, certificate))),
  );
}

function trackView(certificate: Certificate, scale: TimeScale, times: ChainTimes): HTMLElement {
  const valid = standingAt(certificate, 'judged', times.judgement ?? times.document).inside;
  const track = decoration('track');
  const bar = element('span', `bar ${valid ? 'valid' : 'invalid'}`);
  const from = scale.position(certificate.notBefore);
  bar.style.left = percent(from);
  bar.style.width = percent(Math.max(0, scale.position(certificate.notAfter) - from));
  track.append(bar);
  addMarkers(track, scale, times);
  return track;
}

function validityView(certificate: Certificate, times: ChainTimes): HTMLElement {
  const { notBefore, notAfter } = certificate;
  return element(
    'p',
    'validity',
    element('span', 'dates', `${formatTime(notBefore)} to ${formatTime(notAfter)}`),
    element('span', 'muted', ` (${formatDuration(notAfter - notBefore)})`),
    ...standingView(certificate, 'made', times.document),
    ...(times.judgement === undefined || times.judgement === times.document
      ? []
      : standingView(certificate, 'judged', times.judgement)),
  );
}

function standingView(
  certificate: Certificate,
  event: 'made' | 'judged',
  time: number,
): readonly Child[] {
  const { inside, text } = standingAt(certificate, event, time);
  return [
    element(
      'span',
      `standing ${inside ? 'inside' : 'outside'}`,
      decoration('sign', inside ? '✓' : '✕'),
      ` ${text}`,
    ),
  ];
}

function detailsOf(
  link: ChainLink,
  certificate: Certificate,
): readonly (readonly [string, Child])[] {
  const { basicConstraints } = certificate;
  const pathLength = basicConstraints?.pathLength;
  const authority = basicConstraints?.ca
    ? `may issue certificates${pathLength === undefined ? '' : `, pathLen ${pathLength}`}`
    : 'may not issue certificates';
  return [
    ['Subject', formatName(certificate.subject)],
    ['Issuer', formatName(certificate.issuer)],
    ['Serial', hexView(encodeHex(certificate.serial))],
    ['Authority', authority],
    ['Public key', hexView(encodeHex(certificate.publicKey))],
    fingerprintOf(link),
  ];
}

function fingerprintOf({ fingerprint }: ChainLink): readonly [string, Child] {
  return ['SHA-256', hexView(fingerprint)];
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(3)}%`;
}
