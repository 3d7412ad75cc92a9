import { formatDuration } from '../shared/attestation/explain/time-text.ts';
import { visibleText } from '../shared/visible-text.ts';
import type { InspectedCertificate, Inspection, Register } from './inspection.ts';

const KINDS = { enclave: 'Nitro Enclave', nitrotpm: 'NitroTPM instance' } as const;

export const NOTHING_VERIFIED =
  'NOTHING WAS VERIFIED: this is what the document says of itself, and anyone can write that.';

/** An inspection for a person. Nothing of the document reaches the terminal raw. */
export function formatInspection(inspection: Inspection, source: string): string {
  const { kind, pcrs, certificates, omittedCertificates, missing } = inspection;
  return [
    NOTHING_VERIFIED,
    '',
    ...fieldLines(inspection, source),
    '',
    'Certificates, root first:',
    ...certificates.flatMap(certificateLines),
    ...(omittedCertificates > 0 ? [`  ${omittedCertificates} more are not shown`] : []),
    '',
    `Registers of a ${KINDS[kind]}:`,
    ...pcrs.flatMap(registerLines),
    '',
    ...(missing.length === 0 ? ['Nothing is missing.'] : ['Missing:']),
    ...missing.map((sentence) => `  ${sentence}`),
    '',
  ].join('\n');
}

function fieldLines(inspection: Inspection, source: string): readonly string[] {
  const fields = [
    ['read', source],
    ['kind', KINDS[inspection.kind]],
    ['module_id', visibleText(inspection.moduleId)],
    ['digest', inspection.digest],
    ['timestamp', inspection.timestamp],
    ['debug mode', debugText(inspection)],
    ['public_key', bytesText(inspection.publicKey)],
    ['user_data', bytesText(inspection.userData)],
    ['nonce', bytesText(inspection.nonce)],
  ] as const;
  return fields.map(([name, value]) => `${name.padEnd(10)}  ${value}`);
}

function debugText({ debug }: Inspection): string {
  if (debug === null) return 'a NitroTPM has none';
  return debug
    ? 'YES: PCR0, PCR1 or PCR2 is all zero, so the parent instance can read the console'
    : 'no: none of PCR0, PCR1 and PCR2 is all zero';
}

function bytesText(hex: string | null): string {
  return hex === null ? 'null' : `${hex.length / 2} bytes ${hex}`.trimEnd();
}

function certificateLines(link: InspectedCertificate): readonly string[] {
  const { role, sha256, certificate, problem } = link;
  if (certificate === null) {
    return [
      `  ${role}: cannot be read`,
      `    ${visibleText(problem ?? '')}`,
      `    SHA-256 ${sha256}`,
    ];
  }
  const lifetime = formatDuration(certificate.lifetimeSeconds * 1000);
  return [
    `  ${role}: ${visibleText(certificate.subject)}`,
    `    serial  ${certificate.serial}`,
    `    valid   ${certificate.notBefore} to ${certificate.notAfter} (${lifetime})`,
    `    SHA-256 ${sha256}`,
  ];
}

function registerLines({ index, name, meaning, value }: Register): readonly string[] {
  const shown = /^0+$/.test(value) ? 'all zero' : value;
  return [`  PCR${index} ${name}: ${meaning}`, `    ${shown}`];
}
