// The rest of an answer that is complete, read so that its connection can be used again.
import type { UpstreamBody } from '../contract/index.ts';

/** How long that may take. */
const DRAIN_MS = 500;

/** Reads to the end, or gives the body up. Never rejects: a complete answer is complete, whatever becomes of its connection. */
export async function drain(body: UpstreamBody, chunks: AsyncIterator<Uint8Array>): Promise<void> {
  if (body.complete) return;
  const limit = setTimeout(() => body.destroy(), DRAIN_MS);
  try {
    for (let chunk = await chunks.next(); !chunk.done; ) chunk = await chunks.next();
  } catch {
    // The connection is lost; its answer is not.
  } finally {
    clearTimeout(limit);
  }
}
