// Notices that one of some files has changed, whatever way it was written.
import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { digestOfFile } from './digest.ts';

/** By path, the digest of what was read there; undefined where that is not known. */
export type WatchedFiles = ReadonlyMap<string, string | undefined>;

export interface FileWatch {
  /** From now on it is these. */
  follow(files: WatchedFiles): void;
  /** These too. */
  add(files: WatchedFiles): void;
  /** Nothing is reported after this. */
  close(): void;
}

/** Node asks the file system this often: by the path, so that it is of no account whether an editor has written the file, put another
 * in its place or, as Kubernetes does, changed where a link above it leads. The system's own events miss the last, and all that
 * comes from another machine or from outside a container. */
const LOOK_MS = 500;
/** What has been written has to stand still for this long before it is taken for complete. */
const SETTLE_MS = 100;

/** Calls `changed` once what a file says has changed, and only then: one that is merely touched has not. */
export function watchFiles(changed: () => void): FileWatch {
  const known = new Map<string, string | undefined>();
  let timer: NodeJS.Timeout | undefined;
  /** Something has stirred since the files were last read. */
  let stirred = false;
  let closed = false;

  const pause = () =>
    new Promise((later) => {
      timer = setTimeout(later, SETTLE_MS);
    });
  const settle = async (): Promise<void> => {
    let before = new Map<string, string>();
    do {
      await pause();
      stirred = false;
      const now = await digestsOf(known.keys());
      if (!isSame(before, now)) stirred = true;
      before = now;
    } while (stirred && !closed);
    timer = undefined;
    if (closed) return;
    const differing = [...before].filter(([path, digest]) => known.has(path) && known.get(path) !== digest);
    const isNews = differing.some(([path]) => known.get(path) !== undefined);
    for (const [path, digest] of differing) known.set(path, digest);
    if (isNews) changed();
  };
  const look = (): void => {
    stirred = true;
    if (timer === undefined) void settle();
  };
  const noticed = (now: Stats, before: Stats): void => {
    // Node also tells that a file was read.
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) look();
  };

  const add = (files: WatchedFiles): void => {
    if (closed) return;
    for (const [path, digest] of files) {
      if (!known.has(path)) watchFile(path, { interval: LOOK_MS, persistent: false }, noticed);
      known.set(path, digest ?? known.get(path));
    }
    // For what has changed since it was read.
    look();
  };

  return {
    follow(files) {
      for (const path of [...known.keys()]) {
        if (files.has(path)) continue;
        unwatchFile(path, noticed);
        known.delete(path);
      }
      add(files);
    },
    add,
    close() {
      closed = true;
      clearTimeout(timer);
      for (const path of known.keys()) unwatchFile(path, noticed);
      known.clear();
    },
  };
}

async function digestsOf(paths: Iterable<string>): Promise<Map<string, string>> {
  return new Map(await Promise.all([...paths].map(async (path) => [path, await digestOfFile(path)] as const)));
}

const isSame = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([path, digest]) => b.get(path) === digest);
