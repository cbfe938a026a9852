// Reasoning that a client brings back: Claude's own raw, every other family's sealed.
import type { Part, ReasoningPart } from '../../contract/index.ts';
import { redactedFromConverse } from '../../wire/index.ts';
import { carriedSignature } from '../carried-signature.ts';
import { type Bag, isAbsent, join, optionalString, requiredBag, requiredString } from '../field-reader.ts';
import { base64Of } from '../media-source.ts';
import { unseal } from '../reasoning-envelope.ts';

/** Claude's signatures are the only ones that Converse carries raw. */
const RAW_ORIGIN = 'claude';

/** Puts a `reasoningContent` block behind the parts before it. One that carries the signature of the part before it signs that
 * part; where there is none, the signature is nobody's. */
export function addReasoning(parts: Part[], block: Bag, path: string): void {
  if (isAbsent(block.redactedContent)) {
    parts.push(spoken(block, path));
    return;
  }
  const data = redactedFromConverse(base64Of(block.redactedContent, join(path, 'redactedContent')));
  const carried = carriedSignature(data);
  if (carried === undefined) {
    const sealed = unseal(data);
    parts.push({ type: 'reasoning', data: sealed?.value ?? data, origin: sealed?.origin ?? RAW_ORIGIN });
    return;
  }
  const last = parts.pop();
  if (last) parts.push({ ...last, signature: carried.value, origin: carried.origin });
}

function spoken(block: Bag, path: string): ReasoningPart {
  const at = join(path, 'reasoningText');
  const said = requiredBag(block, 'reasoningText', path);
  const text = requiredString(said, 'text', at);
  const signature = optionalString(said, 'signature', at);
  if (!signature) return { type: 'reasoning', text };
  const sealed = unseal(signature);
  return { type: 'reasoning', text, signature: sealed?.value ?? signature, origin: sealed?.origin ?? RAW_ORIGIN };
}
