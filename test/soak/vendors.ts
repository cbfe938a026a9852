// The vendors of a soak, in a process of their own, told by messages what to do.
import { startUpstreams, type Upstreams } from '../chaos/upstreams.ts';
import type { Ask, Said } from './process.ts';

let upstreams: Upstreams | undefined;
const say = (said: Said): void => void process.send?.(said);

process.on('message', (message: Ask) => void answer(message));
process.on('disconnect', () => process.exit(0));

async function answer(ask: Ask): Promise<void> {
  if (ask.kind === 'start') {
    upstreams = await startUpstreams(ask.seed, ask.shape);
    say({ kind: 'started', urls: upstreams.urls });
  } else if (ask.kind === 'break') upstreams?.setFaults(ask.share);
  else if (upstreams !== undefined) say({ kind: 'told', open: upstreams.open, sent: [...upstreams.sent.values()] });
}
