// Turns become messages: every call has one result in the next turn, and the ends are as the model takes them.
import { CallIds, type Losses } from '@turnout/core/plugin';
import type { Draft } from './content.ts';
import { joinTurns, type Piece, type Turn } from './conversation.ts';
import type { WireMessage } from './wire.ts';

const ID = /^[a-zA-Z0-9_-]{1,128}$/;
const ID_LENGTH_MAX = 64;

/** Pairs calls and results and settles their wire ids: what is missing is completed, what belongs to no call is left out. */
export function pairTools(turns: readonly Turn[], losses: Losses): Turn[] {
  const ids = new CallIds(ID, ID_LENGTH_MAX);
  const paired: Turn[] = [];
  /** What the system says between a call and its result: it would stand between them. */
  let held: Turn[] = [];
  let calls: Piece[] = [];
  const answer = (turn: Turn): void => {
    paired.push({ ...turn, results: pairTurn(calls, turn.results, ids, losses) }, ...held);
    calls = [];
    held = [];
  };
  for (const turn of turns) {
    if (turn.role === 'user') answer(turn);
    else if (turn.role === 'system' && calls.length > 0) held.push(turn);
    else {
      if (calls.length > 0) answer({ role: 'user', results: [], pieces: [] });
      paired.push(turn);
      calls = turn.pieces.filter(({ kind }) => kind === 'call');
    }
  }
  if (calls.length > 0) answer({ role: 'user', results: [], pieces: [] });
  return joinTurns(paired);
}

function pairTurn(calls: readonly Piece[], results: readonly Piece[], ids: CallIds, losses: Losses): Piece[] {
  // Clients give two calls of a turn the same id at times: then the first result is the first call's.
  const waiting = new Map<string, string[]>();
  for (const call of calls) {
    const id = ids.next(call.id ?? '');
    call.block = { ...call.block, id };
    const queue = waiting.get(call.id ?? '');
    if (queue === undefined) waiting.set(call.id ?? '', [id]);
    else queue.push(id);
  }
  const paired: Piece[] = [];
  for (const result of results) {
    const id = waiting.get(result.id ?? '')?.shift();
    if (id === undefined) {
      losses.drop('messages', 'a tool result without a call in the turn before it is not sent');
      continue;
    }
    paired.push({ ...result, block: { ...result.block, tool_use_id: id } });
  }
  for (const id of [...waiting.values()].flat()) {
    losses.approximate('messages', 'a tool call without a result gets an error as its result');
    const content = [{ type: 'text', text: 'Error: the call has no result.' }];
    const block = { type: 'tool_result', tool_use_id: id, content, is_error: true };
    paired.push({ kind: 'result', block, cache: undefined });
  }
  return paired;
}

/** Whether the tool calls that wait for the model's next words were made without signed reasoning. Budget thinking would
 * be refused then ("a final `assistant` message must start with a thinking block"). */
export function lacksReasoning(turns: readonly Turn[]): boolean {
  if (!turns.at(-1)?.results.length) return false;
  return turns.at(-2)?.pieces.some(({ kind }) => kind === 'reasoning') !== true;
}

export const userTurn = (text: string): Turn => ({
  role: 'user',
  results: [],
  pieces: [{ kind: 'text', block: { type: 'text', text }, cache: undefined }],
});

/** The messages on the wire. `thinking`: the model is made to think, and then does not continue the assistant's words. */
export function writeMessages(turns: readonly Turn[], draft: Draft, thinking: boolean): WireMessage[] {
  const { traits, losses, marks } = draft;
  const last = turns.at(-1);
  const arranged = [...turns];
  if (last?.role === 'assistant' && traits.prefill && !thinking) trimEnd(last.pieces);
  else if (last?.role === 'assistant' && !isPaused(last)) {
    losses.approximate('messages', 'the model does not continue an assistant message: it is asked to go on');
    arranged.push(userTurn('Continue.'));
  }
  return arranged.map(({ role, results, pieces }) => {
    const content = [...results, ...orderAnswer(role, pieces)].map((piece) => {
      // Its own object, since the mark is put onto it later.
      const block = { ...piece.block };
      if (piece.cache !== undefined) marks.add('messages', block, piece.cache);
      return block;
    });
    return { role, content };
  });
}

/** Reasoning comes first where there are calls, unless it does already. */
function orderAnswer(role: Turn['role'], pieces: readonly Piece[]): readonly Piece[] {
  if (role !== 'assistant' || pieces[0]?.kind === 'reasoning') return pieces;
  if (!pieces.some(({ kind }) => kind === 'call')) return pieces;
  const isReasoning = ({ kind }: Piece): boolean => kind === 'reasoning';
  return [...pieces.filter(isReasoning), ...pieces.filter((piece) => !isReasoning(piece))];
}

/** An answer that ended with a call of Anthropic's own servers goes on from there. */
const isPaused = ({ pieces }: Turn): boolean => /tool_use$|tool_result$/.test(pieces.at(-1)?.block.type ?? '');

/** Trailing white space in the last words of the assistant is refused. */
function trimEnd(pieces: Piece[]): void {
  const last = pieces.at(-1);
  if (last?.kind !== 'text' || typeof last.block.text !== 'string') return;
  last.block = { ...last.block, text: last.block.text.trimEnd() };
}
