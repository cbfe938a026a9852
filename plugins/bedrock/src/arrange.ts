// Turns become messages: Converse's rules of order, neighbourhood and ends.

import type { Losses } from '@turnout/core/plugin';
import type { ConverseBlock, ConverseMessage } from '@turnout/core/wire';
import type { Family } from './family.ts';
import type { Piece, Turn } from './turns.ts';

/** Text where Converse wants some and the client has none. A blank one is refused. */
const FILLER = '.';

const textPiece = (text: string): Piece => ({ kind: 'text', block: { text }, mark: undefined });

/** A user's turn without meaning. */
export const fillerTurn = (): Turn => ({ role: 'user', results: [], pieces: [textPiece(FILLER)] });

export interface ArrangeOptions {
  readonly family: Family;
  /** A thinking model refuses to continue the assistant's words. */
  readonly thinking: boolean;
  readonly losses: Losses;
}

/** The turns in the order in which they are sent; marks of the cache are moved to where a point may stand. */
export function arrangeTurns(turns: readonly Turn[], options: ArrangeOptions): Turn[] {
  const { family, losses } = options;
  const arranged: Turn[] = [];
  if (turns[0]?.role === 'assistant' && !family.assistantFirst) {
    losses.approximate('messages', 'a conversation begins with the user: a turn is put before it');
    arranged.push(fillerTurn());
  }
  for (const turn of turns) {
    if (turn.role === 'assistant') arranged.push({ ...turn, pieces: orderAssistant(turn.pieces) });
    else arranged.push(...splitUser(turn, family));
  }
  endWithUser(arranged, options);
  for (const turn of arranged) moveMarks(turn.pieces, losses);
  return arranged;
}

/** Text stands before calls. Reasoning comes first, in its own order, unless it does already. */
function orderAssistant(pieces: readonly Piece[]): Piece[] {
  const firstCall = pieces.findIndex((piece) => piece.kind === 'call');
  if (firstCall < 0) return [...pieces];
  const reasoning = pieces[0]?.kind === 'reasoning' ? [] : pieces.filter((piece) => piece.kind === 'reasoning');
  const rest = reasoning.length === 0 ? pieces : pieces.filter((piece) => piece.kind !== 'reasoning');
  const call = rest.findIndex((piece) => piece.kind === 'call');
  const late = rest.slice(call).filter((piece) => piece.kind === 'text');
  if (late.length === 0) return [...reasoning, ...rest];
  return [...reasoning, ...rest.slice(0, call), ...late, ...rest.slice(call).filter((piece) => piece.kind !== 'text')];
}

/** What may not stand beside tool results goes into a turn of its own, behind a turn of the assistant without meaning. */
function splitUser(turn: Turn, family: Family): Turn[] {
  const pieces = withDocumentText(turn.pieces);
  const apart =
    turn.results.length > 0 &&
    pieces.length > 0 &&
    (family.besideResults === 'nothing' ||
      (family.besideResults === 'text-and-images' && pieces.some(({ kind }) => kind !== 'text' && kind !== 'image')));
  if (!apart) return [{ ...turn, pieces }];
  return [
    { role: 'user', results: turn.results, pieces: [] },
    { role: 'assistant', results: [], pieces: [textPiece(FILLER)] },
    { role: 'user', results: [], pieces },
  ];
}

/** A message with a document must hold text too: text that a guardrail looks at is none. */
function withDocumentText(pieces: readonly Piece[]): Piece[] {
  const bare = pieces.some(({ kind }) => kind === 'document') && !pieces.some(({ block }) => block.text !== undefined);
  return bare ? [...pieces, textPiece('(see the attached document)')] : [...pieces];
}

function endWithUser(turns: Turn[], { family, thinking, losses }: ArrangeOptions): void {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return;
  if (family.prefill && !thinking) {
    trimEnd(last.pieces);
    return;
  }
  losses.approximate('messages', 'the model does not continue an assistant message: it is asked to go on');
  turns.push({ role: 'user', results: [], pieces: [textPiece('Continue.')] });
}

/** Trailing white space in the last words of the assistant is refused. */
function trimEnd(pieces: Piece[]): void {
  const last = pieces.at(-1);
  if (last?.kind !== 'text' || last.block.text === undefined) return;
  pieces[pieces.length - 1] = { ...last, block: { text: last.block.text.trimEnd() } };
}

/** A cache point may not follow a document, a video or reasoning: its mark moves to the piece before them. */
function moveMarks(pieces: readonly Piece[], losses: Losses): void {
  let before: Piece | undefined;
  for (const piece of pieces) {
    const { mark } = piece;
    if (bearsMark(piece)) before = piece;
    if (mark === undefined || before === piece) continue;
    piece.mark = undefined;
    if (before !== undefined) before.mark ??= mark;
    else losses.drop('cache', 'no cache point may stand there');
  }
}

const MARKABLE: readonly Piece['kind'][] = ['text', 'image', 'call', 'result'];
const bearsMark = ({ kind }: Piece): boolean => MARKABLE.includes(kind);

/** The messages on the wire, cache points included: settle the marks first. */
export function writeMessages(turns: readonly Turn[]): ConverseMessage[] {
  return turns.map((turn) => {
    const content: ConverseBlock[] = [];
    for (const pieces of [turn.results, turn.pieces]) {
      for (const { block, mark } of pieces) {
        content.push(block);
        if (mark?.point !== undefined) content.push({ cachePoint: mark.point });
      }
    }
    return { role: turn.role, content };
  });
}
