// What the model said, part by part. Parts are never joined, and each keeps its own signature: "Don't concatenate parts with
// signatures together" (ai.google.dev/gemini-api/docs/thinking#signatures, 2026-11).
import type { Part, ReasoningPart, ToolCallPart, ToolResultPart } from '@turnout/core/contract';
import { type Draft, notePart, signatureOf } from './draft.ts';
import { mediaParts } from './media.ts';
import type { PendingCalls } from './pairing.ts';
import type { ServerHistory } from './server-history.ts';
import type { WirePart } from './wire.ts';

/** The wire's parts for one part of an answer; none, and a loss, for what is not sent. */
export function saidParts(part: Part, draft: Draft, calls: PendingCalls, history: ServerHistory): WirePart[] {
  if (!('server' in part && part.server)) notePart(part, draft);
  const signed = signatureOf(part);
  switch (part.type) {
    case 'text':
      if (part.citations !== undefined) draft.losses.drop('citations', 'citations are not sent again');
      return part.text === '' && signed.thoughtSignature === undefined ? [] : [{ text: part.text, ...signed }];
    case 'reasoning':
      return thoughtParts(part, draft, signed);
    case 'media': {
      const parts = mediaParts(part, draft);
      return parts.map((one, index) => (index === parts.length - 1 ? { ...one, ...signed } : one));
    }
    case 'tool-call':
      return part.server ? serverParts(part, draft, signed, history) : [{ functionCall: calls.open(part), ...signed }];
    case 'tool-result':
      if (part.server) return serverParts(part, draft, signed, history);
      draft.losses.drop('messages', 'an assistant message holds no tool results');
      return [];
  }
}

/** A summary without a signature tells the model nothing that it would take up again. */
function thoughtParts({ text, data }: ReasoningPart, { losses }: Draft, signed: Signed): WirePart[] {
  if (signed.thoughtSignature !== undefined) return [{ text: text ?? '', thought: true, ...signed }];
  if (text !== undefined || data !== undefined)
    losses.drop('reasoning-history', 'only what Gemini itself has signed of its thoughts is sent again');
  return [];
}

type Signed = ReturnType<typeof signatureOf>;

/** Google's own tools. */
function serverParts(
  part: ToolCallPart | ToolResultPart,
  draft: Draft,
  signed: Signed,
  history: ServerHistory,
): WirePart[] {
  const sent = history.partOf(part);
  if (sent !== undefined) return [{ ...sent, ...signed }];
  notePart(part, draft);
  const what = part.type === 'tool-call' ? 'calls' : 'results';
  draft.losses.drop('messages', `${what} of a vendor's own tools are not sent`);
  return [];
}
