// What the model that is asked takes: of a Claude by its name, of others that speak Anthropic's protocol nothing is known.
import { type ClaudeTraits, claudeTraits } from '@turnout/core/wire';

/** Nothing is known: all is sent, and the server says what it does not take. */
const UNKNOWN: ClaudeTraits = {
  name: 'unknown',
  thinking: { kind: 'budget', interleaved: false },
  sampling: 'all',
  tools: true,
  forcedTools: 'always',
  systemTurns: false,
  prefill: true,
  jsonSchema: false,
  strictTools: false,
  cache: '1h',
  outputTokensMax: 8192,
};

export const traitsOf = (model: string): ClaudeTraits => claudeTraits(model) ?? UNKNOWN;

export const isKnown = ({ name }: ClaudeTraits): boolean => name !== UNKNOWN.name;
