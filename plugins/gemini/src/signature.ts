// The signatures that Gemini 3 insists on: "The first functionCall part in each step of the current turn must include its
// thought_signature", or the request is refused (ai.google.dev/gemini-api/docs/thought-signatures, 2026-11).
import type { Draft } from './draft.ts';
import type { Content, WirePart } from './wire.ts';

/** "transferring a trace from a different model that does not include thought signatures, you can set the following dummy
 * signatures of either context_engineering_is_the_way_to_go or skip_thought_signature_validator" (the same page, FAQ 1). */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/** The contents with Google's stand-in where a signature is needed and there is none. Earlier turns are not looked at by Google. */
export function signCurrentTurn(contents: Content[], { traits, losses }: Draft): Content[] {
  if (!traits.signedCalls) return contents;
  const start = contents.findLastIndex(beginsTurn);
  return contents.map((content, index) => {
    if (index < start || content.role !== 'model') return content;
    const first = content.parts.findIndex(({ functionCall }) => functionCall !== undefined);
    const call = content.parts[first];
    if (call === undefined || call.thoughtSignature !== undefined) return content;
    losses.approximate('reasoning-history', 'a tool call that Gemini did not make goes without a thought signature');
    const signed: WirePart = { ...call, thoughtSignature: NO_SIGNATURE };
    return { ...content, parts: content.parts.with(first, signed) };
  });
}

/** What the user says by himself, not what answers a call. Where both stand together it is not known how Google counts: then the
 * earlier message, so that one signature more is there than is needed. */
const beginsTurn = ({ role, parts }: Content): boolean =>
  role === 'user' && parts.every(({ functionResponse }) => functionResponse === undefined);
