/** The system calls that {@link storeCallsByRequest} reads, for `strace -e trace=`. */
export const TRACED_CALLS =
  'openat,fdatasync,fsync,msync,pwrite64,pwritev,write,writev,sendto,sendmsg,read,recvfrom';

/**
 * What was done to an LMDB file between each HTTP request and its response, in the order of the
 * trace (`strace -f -y -o`): `write`, `sync`, and `root` for a write of the page that makes what was
 * written before it valid, through a descriptor that is synchronous (open(2), O_DSYNC).
 *
 * A call counts where it ended; a response where it began.
 */
export function storeCallsByRequest(trace: string, file: string): readonly string[] {
  const synchronous = new Set<string>();
  const started = new Map<string, string>();
  const requests: string[][] = [];
  let open: string[] | undefined;
  for (const line of trace.split('\n')) {
    const [, pid = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.includes('"HTTP/1.1 ')) open = undefined;
    if (text.endsWith('<unfinished ...>')) {
      started.set(pid, text);
      continue;
    }
    const call = text.startsWith('<... ') ? `${started.get(pid)}${text}` : text;
    if (call.includes('"POST / HTTP/1.1')) {
      open = [];
      requests.push(open);
    }
    const opened = /^openat\(.*O_DSYNC.* = (\d+)<(.*)>$/.exec(call);
    if (opened?.[1] !== undefined && opened[2] === file) synchronous.add(opened[1]);
    const [, name = '', descriptor = '', path] = /^(\w+)\((\d+)<([^>]*)>/.exec(call) ?? [];
    if (path !== file || name === 'read') continue;
    const kind = name.endsWith('sync') ? 'sync' : synchronous.has(descriptor) ? 'root' : 'write';
    open?.push(kind);
  }
  return requests.map((calls) => calls.join(' '));
}
