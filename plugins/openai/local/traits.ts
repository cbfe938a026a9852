// What a model takes, by its name: OpenAI's own, and for every other name what plain models take.

export interface Traits {
  readonly reasons: boolean;
  /** The values of reasoning_effort; the first is what is used when none is sent. Empty: it has no such setting. */
  readonly efforts: readonly string[];
  readonly parallelSwitch: boolean;
  readonly roles: readonly string[];
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
const PLAIN: Traits = { reasons: false, efforts: [], parallelSwitch: true, roles: ROLES };
const REASONING: Traits = { ...PLAIN, reasons: true, efforts: ['medium', 'low', 'high'] };

const MODELS: readonly (readonly [RegExp, Traits])[] = [
  [/^o1-(mini|preview)/, { ...REASONING, efforts: [], parallelSwitch: false, roles: ['user', 'assistant'] }],
  [/^o[1-9]/, { ...REASONING, parallelSwitch: false }],
  [/^gpt-5(\.\d+)?-chat/, { ...REASONING, efforts: [] }],
  [/^gpt-5-pro/, { ...REASONING, efforts: ['high'] }],
  [/^gpt-5(-|$)/, { ...REASONING, efforts: ['medium', 'minimal', 'low', 'high'] }],
  [/^gpt-5\.1/, { ...REASONING, efforts: ['none', 'low', 'medium', 'high'] }],
  [/^gpt-5\.[2-4]/, { ...REASONING, efforts: ['none', 'low', 'medium', 'high', 'xhigh'] }],
  [/^gpt-5\./, { ...REASONING, efforts: ['medium', 'none', 'low', 'high', 'xhigh'] }],
];

export const traitsOf = (model: string): Traits => MODELS.find(([pattern]) => pattern.test(model))?.[1] ?? PLAIN;
