// Puts a playback onto a response, piece by piece.
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { cutBytes } from './chunk.ts';
import type { Playback } from './playback.ts';

/** Resolves once everything is written or the response is closed. `closed` aborts when the client has left or the server
 * shuts down. */
export async function play(response: ServerResponse, playback: Playback, closed: AbortSignal): Promise<void> {
  await wait(playback.delayMs, closed);
  if (closed.aborted) return;
  response.writeHead(playback.status, playback.headers);
  const { end, pieces } = playback;
  const atOnce = playback.chunks === undefined && playback.paceMs === 0;
  if (atOnce && end === 'finish') {
    response.end(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
    return;
  }
  // The headers go out also where no byte follows them.
  response.flushHeaders();
  await write(response, pieces, playback, closed);
  if (end === 'cut') {
    await setImmediate();
    response.socket?.destroy();
    return;
  }
  if (end !== 'finish') {
    await wait(end.stallMs, closed);
    await write(response, end.rest, playback, closed);
  }
  if (!closed.aborted) response.end();
}

async function write(
  response: ServerResponse,
  frames: readonly Buffer[],
  { chunks, paceMs }: Playback,
  closed: AbortSignal,
): Promise<void> {
  const pieces = chunks === undefined ? frames : cutBytes(Buffer.concat(frames), chunks);
  for (const piece of pieces) {
    if (paceMs > 0) await wait(paceMs, closed);
    if (closed.aborted) return;
    if (piece.length === 0) continue;
    // The callback comes when the bytes are with the system: the next piece is a write of its own.
    await new Promise<void>((resolve) => {
      const done = (): void => {
        closed.removeEventListener('abort', done);
        resolve();
      };
      closed.addEventListener('abort', done, { once: true });
      response.write(piece, done);
    });
    if (chunks !== undefined) await setImmediate();
  }
}

/** Waits so many milliseconds, or without a number for ever, and no longer than until `closed`. */
function wait(ms: number | undefined, closed: AbortSignal): Promise<void> {
  if (ms === 0 || closed.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      closed.removeEventListener('abort', done);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(done, ms);
    closed.addEventListener('abort', done, { once: true });
  });
}
