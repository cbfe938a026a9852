// Every tool call has one result, in the next turn: what is missing is completed, what belongs to no call is left out.

import type { CallIds, Losses } from '@turnout/core/plugin';
import { createCallIds } from './call-ids.ts';
import type { Family } from './family.ts';
import { joinTurns, type Piece, type Turn } from './turns.ts';

/** Pairs calls and results and settles their wire ids. Turns alternate. */
export function pairTools(turns: readonly Turn[], family: Family, losses: Losses): Turn[] {
  const ids = createCallIds(family.toolIds);
  const status = family.resultStatus ? { status: 'error' as const } : {};
  const missing = (toolUseId: string): Piece => ({
    kind: 'result',
    block: { toolResult: { toolUseId, content: [{ text: 'Error: the call has no result.' }], ...status } },
    mark: undefined,
  });
  const paired: Turn[] = [];
  let calls: Piece[] = [];
  for (const turn of turns) {
    if (turn.role === 'user') {
      const results = pairTurn(calls, turn.results, ids, missing, losses);
      // What a result that is not sent had attached is not sent either.
      const attached = results.flatMap((result) => result.attached ?? []);
      paired.push({ ...turn, results, pieces: [...attached, ...turn.pieces] });
      calls = [];
    } else {
      paired.push(turn);
      calls = turn.pieces.filter((piece) => piece.kind === 'call');
    }
  }
  if (calls.length > 0) paired.push({ role: 'user', results: pairTurn(calls, [], ids, missing, losses), pieces: [] });
  return joinTurns(paired);
}

/** The results of one turn's calls, in the client's order, the invented ones last. */
function pairTurn(
  calls: readonly Piece[],
  results: readonly Piece[],
  ids: CallIds,
  missing: (toolUseId: string) => Piece,
  losses: Losses,
): Piece[] {
  if (calls.length === 0 && results.length === 0) return [];
  // Clients give two calls of a turn the same id at times: then the first result is the first call's.
  const waiting = new Map<string, string[]>();
  for (const call of calls) {
    const wireId = ids.next(call.id ?? '');
    if (call.block.toolUse !== undefined) call.block.toolUse.toolUseId = wireId;
    const queue = waiting.get(call.id ?? '');
    if (queue === undefined) waiting.set(call.id ?? '', [wireId]);
    else queue.push(wireId);
  }
  const paired: Piece[] = [];
  for (const result of results) {
    const wireId = waiting.get(result.id ?? '')?.shift();
    if (wireId === undefined || result.block.toolResult === undefined) {
      losses.drop('messages', 'a tool result without a call in the turn before it is not sent');
      continue;
    }
    result.block.toolResult.toolUseId = wireId;
    paired.push(result);
  }
  for (const wireId of [...waiting.values()].flat()) {
    losses.approximate('messages', 'a tool call without a result gets an error as its result');
    paired.push(missing(wireId));
  }
  return paired;
}

/** Whether the tool calls that wait for the model's next words were made without signed reasoning. Budget thinking would
 * be refused then ("a final `assistant` message must start with a thinking block"). */
export function lacksReasoning(turns: readonly Turn[]): boolean {
  if (!turns.at(-1)?.results.length) return false;
  return turns.at(-2)?.pieces.some(({ kind }) => kind === 'reasoning') !== true;
}
