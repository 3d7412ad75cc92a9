import { describe, expect, it } from 'vitest';
import { parseMeasurements, parsePcr } from '../../../shared/attestation/index.ts';
import { encodeHex } from '../../../shared/encoding.ts';
import { codeOf } from '../../support/codes.ts';

const pcr = (digit: string) => digit.repeat(96);
const measurements = {
  HashAlgorithm: 'Sha384 { ... }',
  PCR0: pcr('a'),
  PCR1: pcr('b'),
  PCR2: pcr('c'),
};
const json = (value: unknown) => JSON.stringify(value, null, 2);

const buildEnclave = `Start building the Enclave Image...
Using the locally available Docker image...
Enclave Image successfully created.
${json({ Measurements: measurements })}
`;

const describeEif = json({
  EifVersion: 4,
  Measurements: { ...measurements, PCR8: pcr('d') },
  IsSigned: true,
  SigningCertificate: {
    IssuerName: { commonName: 'example', countryName: 'US' },
    Algorithm: 'ecdsa-with-SHA384',
    NotBefore: 'Jan  1 00:00:00 2026 GMT',
    NotAfter: 'Jan  1 00:00:00 2027 GMT',
    Signature: 'VALID',
  },
  CheckCRC: true,
  SignatureCheck: true,
  ImageName: 'hello',
  ImageVersion: '1.0',
  Metadata: { BuildTime: '2026-01-01T00:00:00+00:00', CustomMetadata: null },
});

const enclave = {
  EnclaveName: 'hello',
  EnclaveID: 'i-00112233445566778-enc0123456789abcdef',
  ProcessID: 4711,
  EnclaveCID: 16,
  NumberOfCPUs: 2,
  CPUIDs: [1, 3],
  MemoryMiB: 512,
  State: 'RUNNING',
  Flags: 'NONE',
  Measurements: measurements,
};

function readHex(text: string): Record<number, string> {
  return Object.fromEntries(
    [...parseMeasurements(text)].map(([index, value]) => [index, encodeHex(value)]),
  );
}

describe('parseMeasurements', () => {
  const three = { 0: pcr('a'), 1: pcr('b'), 2: pcr('c') };
  it.each([
    ['build-enclave, with its progress in front', buildEnclave, three],
    ['build-enclave with line ends of Windows', buildEnclave.replaceAll('\n', '\r\n'), three],
    ['describe-eif of a signed image', describeEif, { ...three, 8: pcr('d') }],
    ['describe-enclaves with one enclave', json([enclave]), three],
    ['one enclave of describe-enclaves', json(enclave), three],
    ['registers alone', json(measurements), three],
    ['registers alone without the algorithm', json({ PCR31: pcr('E') }), { 31: pcr('e') }],
    ['JSON on one line', JSON.stringify({ Measurements: measurements }), three],
    ['JSON that is indented', `  ${json(measurements)}`, three],
  ])('reads %s', (_what, text, expected) => {
    expect(readHex(text)).toEqual(expected);
  });

  const register = (name: string, value: unknown) => json({ Measurements: { [name]: value } });
  it.each([
    ['nothing', ''],
    ['no JSON', 'Enclave Image successfully created.'],
    ['JSON that is cut off', buildEnclave.slice(0, -10)],
    ['text behind the JSON', `${buildEnclave}done`],
    ['two documents', buildEnclave + buildEnclave],
    ['null', 'null'],
    ['a number', '1'],
    ['text in quotes', '"PCR0"'],
    ['an empty object', '{}'],
    ['an empty list, as describe-enclaves prints without enclaves', '[]'],
    ['two enclaves, of which none is chosen', json([enclave, enclave])],
    ['a list in a list', json([[enclave]])],
    ['no measurements', json({ EifVersion: 4 })],
    ['null measurements', json({ Measurements: null })],
    ['a list of measurements', json({ Measurements: [measurements] })],
    ['only an algorithm', json({ HashAlgorithm: 'Sha384 { ... }' })],
    ['another algorithm', json({ ...measurements, HashAlgorithm: 'Sha256 { ... }' })],
    ['an algorithm that only begins alike', json({ ...measurements, HashAlgorithm: 'Sha3840' })],
    ['a register twice', `{"PCR0":"${pcr('a')}","PCR0":"${pcr('b')}"}`],
    ['a register twice, once in escapes', `{"PCR0":"${pcr('a')}","PCR\\u0030":"${pcr('b')}"}`],
    ['measurements twice', `{"Measurements":${json(measurements)},"Measurements":{}}`],
    ['objects nested too deep', `${'{"a":'.repeat(9)}0${'}'.repeat(9)}`],
    ['a register behind 0x', register('PCR0', `0x${'a'.repeat(96)}`)],
    ['PCR32', register('PCR32', pcr('a'))],
    ['PCR00', register('PCR00', pcr('a'))],
    ['pcr0', register('pcr0', pcr('a'))],
    ['PCR-1', register('PCR-1', pcr('a'))],
    ['PCR', register('PCR', pcr('a'))],
    ['a register of 95 digits', register('PCR0', 'a'.repeat(95))],
    ['a register of 64 digits', register('PCR0', 'a'.repeat(64))],
    ['a register with a digit that is none', register('PCR0', `g${'a'.repeat(95)}`)],
    ['a register with a space', register('PCR0', ` ${'a'.repeat(95)}`)],
    ['a register with a line end', register('PCR0', `${'a'.repeat(95)}\n`)],
    ['a register that is a number', register('PCR0', 0)],
    ['a null register', register('PCR0', null)],
  ])('refuses %s', (_what, text) => {
    expect(codeOf(() => parseMeasurements(text))).toBe('MEASUREMENTS_SYNTAX');
  });

  it('refuses what is longer than any output, whatever it holds', () => {
    expect(codeOf(() => parseMeasurements(' '.repeat(1_048_577)))).toBe('MEASUREMENTS_SYNTAX');
    expect(codeOf(() => parseMeasurements('\n'.repeat(1_048_576)))).toBe('MEASUREMENTS_SYNTAX');
    expect(codeOf(() => parseMeasurements('['.repeat(1_048_576)))).toBe('MEASUREMENTS_SYNTAX');
  });
});

describe('parsePcr', () => {
  it.each([
    [`0=${pcr('a')}`, 0],
    [`31=${pcr('A')}`, 31],
  ])('reads %s', (argument, index) => {
    const [read, value] = parsePcr(argument);
    expect(read).toBe(index);
    expect(encodeHex(value)).toBe(pcr('a'));
  });

  it.each([
    '',
    '0',
    '=',
    `=${pcr('a')}`,
    '0=',
    '0=zz',
    `0=${pcr('z')}`,
    `0=${pcr('a')}a`,
    `0=0x${'a'.repeat(94)}`,
    `0=${'a'.repeat(95)}\n`,
    `00=${pcr('a')}`,
    `32=${pcr('a')}`,
    `-1=${pcr('a')}`,
    `+1=${pcr('a')}`,
    ` 0=${pcr('a')}`,
    `PCR0=${pcr('a')}`,
    `0:${pcr('a')}`,
  ])('refuses %j', (argument) => {
    expect(codeOf(() => parsePcr(argument))).toBe('MEASUREMENTS_SYNTAX');
  });
});
