// How long it takes until an upstream is left when its client leaves, in every framing: `node test/streams/leave-time.ts`.
import { send, VERSIONS } from './client.ts';
import { FRAMINGS } from './framing.ts';
import { openStage, routeOf, WAYS } from './stage.ts';
import type { Asked } from './upstream.ts';

const ROUNDS = 20;

const stage = await openStage();
/** For each moment, in milliseconds. */
const times: Readonly<Record<'before' | 'amid', number[]>> = { before: [], amid: [] };
for (const version of VERSIONS) {
  for (const framing of FRAMINGS) {
    for (const way of WAYS) {
      for (const moment of ['before', 'amid'] as const) {
        for (let round = 0; round < ROUNDS; round++) {
          stage.first.play(({ framing, write }) => {
            if (moment === 'amid') write(Buffer.concat([framing.head, framing.delta('One, ')]));
          });
          const model = routeOf(framing, way);
          const count = stage.first.asked.length + 1;
          const reader = send(version, stage.house.url, framing.path(model), JSON.stringify(framing.body(model)));
          await stage.first.reached(count);
          if (moment === 'amid') await reader.read();
          const startMs = performance.now();
          reader.leave();
          await (stage.first.asked.at(-1) as Asked).left; // it was just reached
          times[moment].push(performance.now() - startMs);
        }
      }
    }
  }
}
await stage.close();
for (const [moment, all] of Object.entries(times)) {
  const sorted = all.sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(1);
  const name = moment === 'amid' ? 'in the middle of an answer' : 'before its first byte';
  process.stdout.write(`${name}: ${sorted.length} times, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms\n`);
}
