// What a router in a process of its own weighs when it has nothing to do, and how it is asked.
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Outside } from '../chaos/turnout.ts';

/** After a full collection. */
export interface Weight {
  /** In bytes. */
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** Open file descriptors, and what keeps the event loop going, by node's names. */
  readonly files: number;
  readonly resources: Readonly<Record<string, number>>;
}

/** Begins the line that weighing.ts prints. */
export const MARK = 'weight ';

/** The environment of a router that can be weighed. */
export const WEIGHED = {
  NODE_OPTIONS: `--expose-gc --import=${fileURLToPath(new URL('./weighing.ts', import.meta.url))}`,
};

export function weigh({ child, ended }: Outside): Promise<Weight> {
  return new Promise((found, refuse) => {
    let text = '';
    const listen = (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((one, at, all) => one.startsWith(MARK) && at < all.length - 1);
      if (line === undefined) return;
      child.stdout?.off('data', listen);
      found(JSON.parse(line.slice(MARK.length)));
    };
    child.stdout?.on('data', listen);
    void ended.then((code) => refuse(new Error(`the router ended with ${code}`)));
    child.kill('SIGUSR2');
  });
}

/** Between two looks at what is to come to rest. */
export const LOOK_MS = 250;

/** Waits until it has no more files open than `files`, or so long. */
export async function settle({ child }: Outside, files: number, waitMs: number): Promise<void> {
  const endMs = performance.now() + waitMs;
  while (readdirSync(`/proc/${child.pid}/fd`).length > files && performance.now() < endMs) await wait(LOOK_MS);
}
