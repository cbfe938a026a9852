// What gemini-local knows of a model by its name. From documentation (models page and thinking guide, 2026-09); the plugin has a table
// of its own: the one must not excuse the other's mistakes.

export interface LocalTraits {
  /** Words for thinkingLevel; none: it is refused. */
  readonly levels: readonly string[];
  /** Tokens of thinkingBudget besides -1; undefined: it is refused. */
  readonly budget?: { readonly min: number; readonly max: number; readonly zero: boolean };
  readonly thinks: boolean;
  /** The first call of each step of the current turn must be signed. */
  readonly strict: boolean;
  readonly penalties: boolean;
  readonly embeds: boolean;
}

const PLAIN: LocalTraits = { levels: [], thinks: false, strict: false, penalties: true, embeds: false };
const FOUR = ['minimal', 'low', 'medium', 'high'];
const THREE = ['low', 'medium', 'high'];

const ROWS: readonly (readonly [RegExp, Partial<LocalTraits>])[] = [
  [/embedding/, { embeds: true }],
  [/^gemini-2\.5-flash-image/, {}],
  [/^gemini-2\.5-pro/, { thinks: true, budget: { min: 128, max: 32_768, zero: false } }],
  [/^gemini-2\.5-flash-lite/, { budget: { min: 512, max: 24_576, zero: true } }],
  [/^gemini-2\.5-flash/, { thinks: true, budget: { min: 1, max: 24_576, zero: true } }],
  [/^gemini-3(\.\d)?-[a-z-]*image/, { thinks: true, strict: true }],
  [/^gemini-3-pro/, { thinks: true, strict: true, levels: ['low', 'high'] }],
  [/^gemini-3\.\d-pro|^gemini-pro-latest/, { thinks: true, strict: true, levels: THREE }],
  [/^gemini-3\.\d-flash-lite|^gemini-flash-lite-latest/, { thinks: true, strict: true, levels: FOUR }],
  [/^gemini-3\.8-flash|^gemini-flash-latest/, { thinks: true, strict: true, levels: THREE, penalties: false }],
  [/^gemini-3\.7-flash/, { thinks: true, strict: true, levels: THREE }],
  [/^gemini-3(\.\d)?-flash/, { thinks: true, strict: true, levels: FOUR }],
];

export const traitsOf = (model: string): LocalTraits => ({
  ...PLAIN,
  ...ROWS.find(([pattern]) => pattern.test(model))?.[1],
});
