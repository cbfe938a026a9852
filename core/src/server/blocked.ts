// An answer that was blocked before it began, for which a route may have other targets.
import type { Course } from '../attempt/index.ts';
import { type FinishEvent, type ResultBlock, RouterError } from '../contract/index.ts';

/** Of an answer without content. Throws `content-blocked` when a filter or the model itself has refused it and the route has targets for
 * that; where it has none, the client gets the answer as it is. The usage goes with the error: it may have to be paid. */
export function divertBlocked(
  { reason, rawReason, usage }: FinishEvent,
  { course }: { readonly course: Pick<Course<unknown>, 'catches'> },
): void {
  if ((reason !== 'content-filter' && reason !== 'refusal') || !course.catches('content-blocked')) return;
  const why = rawReason.slice(0, 64);
  throw new RouterError('content-blocked', `the answer was blocked before it began (${why})`, { usage });
}

/** Whether a client would see anything of a block. */
export const saysSomething = ({ block, text, data }: ResultBlock): boolean =>
  text !== '' || data !== undefined || block.type === 'tool-call';
