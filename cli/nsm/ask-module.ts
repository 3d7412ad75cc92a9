import { NSM_DEVICE, type NsmConfig, openNsm } from '../../enclave/nsm/index.ts';
import { parsePcr } from '../../shared/attestation/node.ts';
import { FormatError } from '../../shared/errors.ts';
import { createNsmClient, type NsmClient } from '../../shared/nsm/index.ts';
import { visibleText } from '../../shared/visible-text.ts';
import { type CommandIo, UsageError } from '../command.ts';
import { writeAll } from '../output.ts';

/** The flags that every nsm command has, for node:util's parseArgs. */
export const moduleOptions = {
  device: { type: 'string' },
  software: { type: 'string' },
  pcr: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

export interface ModuleFlags {
  readonly device?: string;
  readonly software?: string;
  readonly pcr?: readonly string[];
  readonly json?: boolean;
}

export const moduleUsage = `  --device PATH     the device (default ${NSM_DEVICE})
  --software DIR    for development: a module in software, under the root that is kept in DIR (made
                    if missing). It begins and ends with this command, and its registers with it
    --pcr N=HEX     its PCR0, 1, 2, 3, 4 or 8; repeatable (default: zero)
  --json            the answer as JSON

Exits 0 if the module did it, 1 if it refused, 2 for wrong usage, 3 if there is no module to be had
or it is silent for 10 s. The driver may keep the command longer: a silent device holds it 120 s.`;

/** What a module said: a line or more for people, and the same as data. */
export interface ModuleAnswer {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Opens the module that the flags name, asks it, and writes what it said to standard output. */
export async function askModule(
  flags: ModuleFlags,
  io: Pick<CommandIo, 'stdout' | 'now'>,
  ask: (client: NsmClient) => Promise<ModuleAnswer>,
): Promise<0> {
  const nsm = await openNsm(parseModule(flags), { region: REGION, now: io.now });
  try {
    const { text, json } = await ask(createNsmClient(nsm));
    await writeAll(io.stdout, `${flags.json ? visibleText(JSON.stringify(json)) : text}\n`);
  } finally {
    nsm.close();
  }
  return 0;
}

/** What the software's documents say of where they were made. */
const REGION = 'us-east-1';
const INSTANCE_ID = 'i-00000000000000000';

function parseModule({ device, software, pcr = [] }: ModuleFlags): NsmConfig {
  if (software === undefined) {
    if (pcr.length > 0) throw new UsageError('--pcr sets registers of --software only');
    return { device };
  }
  if (device !== undefined) throw new UsageError('--device and --software exclude each other');
  const pcrs = Object.fromEntries(pcr.map(parseRegister));
  return { software: { rootDirectory: software, instanceId: INSTANCE_ID, pcrs, debug: false } };
}

function parseRegister(text: string): readonly [number, Uint8Array] {
  try {
    return parsePcr(text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new UsageError(`--pcr: ${error.message}`);
  }
}
