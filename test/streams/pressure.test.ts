// A client that does not read stops the reading of the upstream, and no more than a stated number of bytes is held for it.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send, VERSIONS } from './client.ts';
import { FRAMINGS } from './framing.ts';
import { openStage, routeOf, type Stage, WAYS } from './stage.ts';
import type { Asked } from './upstream.ts';

/** What the router may hold of one answer whose client does not read, besides what the kernel holds for its sockets: stated in the
 * README. Measured are 0.2 to 0.45 MB. */
const HELD_BYTES_MAX = 1024 * 1024;
/** What the kernel may hold on the way, at both ends of both connections: a generous guess for loopback. */
const KERNEL_BYTES_MAX = 30 * 1024 * 1024;
const SENT_BYTES = 80 * 1024 * 1024;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(', timeout: { idle: 30s }');
});
afterAll(() => stage.close());

/** Writes for as long as the connection takes it, and says how many bytes it took once it takes no more. */
async function pour({ framing, write, outgoing, left }: Asked): Promise<number> {
  const piece = Buffer.concat(Array.from({ length: 100 }, () => framing.delta('x'.repeat(1000))));
  let gone = false;
  void left.then(() => {
    gone = true;
  });
  write(framing.head);
  let poured = 0;
  while (poured < SENT_BYTES && !gone) {
    write(piece);
    poured += piece.length;
    if (!outgoing.writableNeedDrain) continue;
    const drained = once(outgoing, 'drain').then(() => true);
    const full = new Promise<false>((later) => setTimeout(later, 200, false));
    if (!(await Promise.race([drained, full]))) break;
  }
  return poured - outgoing.writableLength;
}

/** The sockets of this process, as node counts them. */
function sockets(): Socket[] {
  // Of node's own, and in no type.
  const handles = (process as unknown as { _getActiveHandles(): object[] })._getActiveHandles();
  return handles.filter((handle): handle is Socket => 'remotePort' in handle && 'bytesRead' in handle);
}

/** What the router has read of the upstream and the kernel has not yet taken of the answer. Relayed, both are the same bytes. */
function heldBytes(): number {
  const port = (url: string) => Number(new URL(url).port);
  const [ours, theirs] = [port(stage.house.url), port(stage.first.url)];
  let held = 0;
  for (const socket of sockets()) {
    if (socket.remotePort === theirs) held += socket.bytesRead;
    if (socket.localPort !== ours) continue;
    // As above.
    const { _handle: handle } = socket as unknown as { _handle: { writeQueueSize: number } | null };
    held -= socket.bytesWritten - socket.writableLength - (handle?.writeQueueSize ?? 0);
  }
  return held;
}

describe.each(VERSIONS)('over %s', (version) => {
  describe.each(FRAMINGS)('$name', (framing) => {
    test.each(WAYS)('a client that does not read holds the upstream back (%s)', async (way) => {
      let poured = Number.NaN;
      const done = new Promise<void>((finish) => {
        stage.first.play(async (asked) => {
          poured = await pour(asked);
          finish();
        });
      });
      const model = routeOf(framing, way);
      const body = JSON.stringify(framing.body(model));
      const reader = send(version, stage.house.url, framing.path(model), body);
      expect(await reader.head).toBe(200);
      await done;
      const held = heldBytes();
      expect(poured).toBeLessThan(HELD_BYTES_MAX + KERNEL_BYTES_MAX);
      if (way === 'relayed') expect(held).toBeLessThan(HELD_BYTES_MAX);
      // Who waits for the client to read on hears that it has left.
      reader.leave();
      await stage.first.asked.at(-1)?.left;
    });
  });
});
