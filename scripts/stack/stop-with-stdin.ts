// Loaded ahead of a command of the product, which does not read its standard input: the command is
// stopped, as by Ctrl-C, when whoever holds the other end is gone, be it by SIGKILL.
process.stdin.on('close', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
// Waiting for that keeps no process that has ended otherwise.
process.stdin.unref();
