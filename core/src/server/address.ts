// Where the router listens: a host and a port, or a Unix socket.
import { lstatSync, rmSync } from 'node:fs';
import net, { type AddressInfo, type Server } from 'node:net';

/** As in `server.host` and `server.port` of the file. */
export interface Address {
  readonly host: string;
  /** 0 picks a free one. Of no account for a Unix socket. */
  readonly port: number;
}

const UNIX = 'unix:';

/** The path of a Unix socket; undefined for a host. */
export const socketPathOf = (host: string): string | undefined =>
  host.startsWith(UNIX) ? host.slice(UNIX.length) : undefined;

/** Removes a socket file that a dead process has left. */
export async function removeLeftOver({ host }: Address): Promise<void> {
  const path = socketPathOf(host);
  if (path !== undefined && (await isLeftOver(path))) rmSync(path, { force: true });
}

/** What a new socket file must not let anybody do. `shared`: the user's group may connect as well. */
export const socketUmask = (shared: boolean): number => (shared ? 0o117 : 0o177);

/** Listens, and says on which port (0 for a Unix socket). Rejects with an Error that says why it cannot be. `shared`: as for
 * `socketUmask`. */
export async function listenAt(server: Server, at: Address, shared: boolean): Promise<number> {
  const path = socketPathOf(at.host);
  if (path === undefined) {
    await listening(server, at, () => server.listen(at.port, at.host));
    // The cast: a server that listens on host and port has an AddressInfo, not a pipe's name.
    return (server.address() as AddressInfo).port;
  }
  await listening(server, at, () => {
    // Node makes the file within this call, so that nobody can come in between, and removes it when the server closes.
    const before = process.umask(socketUmask(shared));
    try {
      server.listen(path);
    } finally {
      process.umask(before);
    }
  });
  return 0;
}

/** As clients write it: a URL, or `unix:` and the path. */
export function urlOf({ host }: Address, port: number, secure: boolean): string {
  if (socketPathOf(host) !== undefined) return host;
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function listening(server: Server, at: Address, listen: () => void): Promise<void> {
  return new Promise((ready, refuse) => {
    const failed = (error: NodeJS.ErrnoException) => refuse(explainRefusal(error, at));
    server.once('error', failed).once('listening', () => {
      server.off('error', failed);
      ready();
    });
    listen();
  });
}

/** True for a socket file that nobody listens on. */
async function isLeftOver(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
  return new Promise((decided) => {
    const knock = net.connect(path);
    knock.once('connect', () => {
      knock.destroy();
      decided(false);
    });
    knock.once('error', (error: NodeJS.ErrnoException) => decided(error.code === 'ECONNREFUSED'));
  });
}

const PORT_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there; choose another with --port or server.port (0 picks a free one)',
  EACCES: 'this user may not listen on it; choose one above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
};
const SOCKET_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there, or the file is no socket',
  EACCES: 'this user may not write in that folder',
  ENOENT: 'there is no such folder',
  EINVAL: 'the path is longer than a socket may have (about 100 characters)',
};

function explainRefusal(error: NodeJS.ErrnoException, { host, port }: Address): Error {
  const isSocket = socketPathOf(host) !== undefined;
  const reason = (isSocket ? SOCKET_REASONS : PORT_REASONS)[error.code ?? ''] ?? error.message;
  return new Error(`cannot listen on ${isSocket ? host : `${host} port ${port}`}: ${reason}`, { cause: error });
}
