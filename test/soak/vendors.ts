// The vendors of a soak, in a process of their own, told by messages what to do.
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { startUpstreams, type Upstreams } from '../chaos/upstreams.ts';
import type { Ask, Said } from './process.ts';

let upstreams: Upstreams | undefined;
/** How many of what was sent are told already. */
let told = 0;

const connections = new Set<Socket>();
subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket }; // the channel's shape, by node's documentation
  connections.add(socket);
  socket.once('close', () => connections.delete(socket));
});
const say = (said: Said): void => void process.send?.(said);

process.on('message', (message: Ask) => void answer(message));
process.on('disconnect', () => process.exit(0));

async function answer(ask: Ask): Promise<void> {
  if (ask.kind === 'start') {
    upstreams = await startUpstreams(ask.seed, ask.shape);
    say({ kind: 'started', urls: upstreams.urls });
  } else if (ask.kind === 'break') upstreams?.setFaults(ask.share);
  else if (ask.kind === 'hang-up') for (const socket of connections) socket.end();
  else if (upstreams !== undefined) {
    const sent = [...upstreams.sent.values()].slice(told);
    told += sent.length;
    say({ kind: 'told', open: upstreams.open, sent });
  }
}
