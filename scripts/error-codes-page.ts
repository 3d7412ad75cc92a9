import {
  configCodes,
  formatCodes,
  kmsCodes,
  nsmCodes,
  policyCodes,
  readinessCodes,
  transportCodes,
  unwrapCodes,
  verificationCodes,
} from '../shared/error-codes.ts';

/** One class of errors with its codes, in the order of the page. */
export interface ErrorFamily {
  readonly className: string;
  readonly meaning: string;
  readonly codes: Readonly<Record<string, string>>;
}

export const errorFamilies: readonly ErrorFamily[] = [
  {
    className: 'FormatError',
    meaning: 'The bytes do not have the form that they must have.',
    codes: formatCodes,
  },
  {
    className: 'VerificationError',
    meaning: 'The evidence is false: a signature, a certificate path or a time does not hold.',
    codes: verificationCodes,
  },
  {
    className: 'PolicyError',
    meaning:
      'The evidence is true, but is not what is accepted; or the configuration does not permit the call.',
    codes: policyCodes,
  },
  {
    className: 'UnwrapError',
    meaning:
      'A recipient envelope was not opened. After the first RSA operation there is one code only.',
    codes: unwrapCodes,
  },
  {
    className: 'KmsError',
    meaning: 'KMS answered with something that the broker must not accept.',
    codes: kmsCodes,
  },
  {
    className: 'NsmError',
    meaning: 'The Nitro secure module refused a request or did not answer.',
    codes: nsmCodes,
  },
  {
    className: 'TransportError',
    meaning: 'A connection could not be made, or was lost.',
    codes: transportCodes,
  },
  {
    className: 'ConfigError',
    meaning: 'What the operator configured, or asked for, cannot be used.',
    codes: configCodes,
  },
  {
    className: 'ReadinessError',
    meaning: 'The enclave is not what it must be to serve.',
    codes: readinessCodes,
  },
];

/** docs/error-codes.md, whole. */
export function formatErrorCodesPage(): string {
  return `# Error codes

Every error that this product throws on purpose is a \`BrokerError\` of one of these classes, with a \`code\` from its table.
Codes are public API: new ones are added, and none changes its meaning. Messages are for people and may change.
This page is made from shared/error-codes.ts by scripts/make-error-codes.ts.

${errorFamilies.map(formatFamily).join('\n')}`;
}

function formatFamily({ className, meaning, codes }: ErrorFamily): string {
  const rows = Object.entries(codes).map(([code, sentence]) => `| \`${code}\` | ${sentence} |\n`);
  return `## ${className}\n\n${meaning}\n\n| Code | Meaning |\n| --- | --- |\n${rows.join('')}`;
}
