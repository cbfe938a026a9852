// Signatures of texts and tool calls, which Claude's protocols have no field for: in a redacted block behind the one they sign.
// Clients bring such blocks back unchanged and in place, because Anthropic's own must be.
import { type SealedReasoning, seal, unseal } from './reasoning-envelope.ts';

const PREFIX = 'tns1.';

/** The `data` of the block that carries the signature of the one before it. */
export const carrySignature = (signature: SealedReasoning): string => PREFIX + seal(signature);

/** What `carrySignature` made the data of; undefined for anything else. */
export const carriedSignature = (data: string): SealedReasoning | undefined =>
  data.startsWith(PREFIX) ? unseal(data.slice(PREFIX.length)) : undefined;
