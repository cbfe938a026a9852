// A promise that failed and that nobody looked at.
import type { Logger } from '../contract/index.ts';
import { framesOf } from './line.ts';

/** Makes it a line of the log. Node would end the process, and with it every stream, for what is mostly one plugin's lapse: whoever
 * waits for such a promise is told by its own limits. For a whole program, once; what is thrown and not caught still ends it. */
export function logStrayRejections(log: Logger): void {
  process.on('unhandledRejection', (reason) => {
    log.error({ stack: framesOf(reason) }, 'a promise failed that nobody looked at: a fault of a plugin, or ours');
  });
}
