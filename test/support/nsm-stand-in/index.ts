import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.ts';
import type { StandInAnswer, StandInRequest } from './protocol.ts';

const CAP_SYS_ADMIN = 21n;

/** Whether a FUSE file can be mounted here: it takes Linux, CAP_SYS_ADMIN and /dev/fuse. */
export const nsmStandInAvailable = canMount();

/** What the device behind the driver does with a request: a response, or an error of the driver. */
export type StandInDevice = (
  message: Uint8Array,
) => Promise<Uint8Array | { readonly errno: keyof typeof os.errno }>;

export interface NsmStandIn {
  /** A file whose ioctl is that of /dev/nsm. */
  readonly path: string;
  /** Ends the process behind it, as if the driver went away. */
  kill(): Promise<void>;
}

/** A file in the place of /dev/nsm, for the test that runs. Linux's driver, with `device` behind it. */
export async function createNsmStandIn(device: StandInDevice): Promise<NsmStandIn> {
  const directory = temporaryDirectory();
  const path = join(directory, 'nsm');
  writeFileSync(path, '');
  const server = fork(buildServer(directory), [path]);
  const kill = () => end(server);
  onTestFinished(async () => {
    await kill();
    spawnSync('umount', ['-l', path]);
  });
  const mounted = await Promise.race([once(server, 'message'), once(server, 'exit')]);
  if (mounted[0] !== 'mounted') throw new Error('the stand-in for /dev/nsm could not be mounted');

  server.on('message', async ({ id, message }: StandInRequest) => {
    const answer = await device(new Uint8Array(Buffer.from(message, 'base64')));
    if (!server.connected) return;
    const sent: StandInAnswer =
      answer instanceof Uint8Array
        ? { id, response: Buffer.from(answer).toString('base64') }
        : { id, errno: os.errno[answer.errno] };
    server.send(sent);
  });
  return { path, kill };
}

/** Node 20 does not run TypeScript, and the server is a process of its own. */
function buildServer(directory: string): string {
  const outfile = join(directory, 'server.mjs');
  const entry = join(import.meta.dirname, 'server.ts');
  buildSync({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile });
  return outfile;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGKILL');
  await exit;
}

function canMount(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch {
    return false;
  }
  const [, effective] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}
