// Settings of a tool that ask for what every target does anyway.

/** Whether nothing is lost when the setting is left out: what a model writes for a tool is always passed on while it is written, and
 * it is always the model that calls. Clients send both unasked (the AI SDK, opencode, 2026-11). */
export const asksForNothing = (field: string, value: unknown): boolean =>
  field === 'eager_input_streaming' ||
  (field === 'allowed_callers' && Array.isArray(value) && value.every((caller) => caller === 'direct'));
