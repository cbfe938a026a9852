// Anthropic's beta flags that clients ask for: its own API takes all that it knows.

/** Flags that are about the client's own account or way in, not about what is asked: an account signed in to with OAuth, and threads,
 * which live at Anthropic while the router sends whole conversations. */
const OF_THE_CLIENT = [/^oauth-/, /^message-threads-/];

/** The flags to send of a client's list. */
export const pickBetas = (given: unknown): string[] =>
  Array.isArray(given)
    ? given.filter((flag) => typeof flag === 'string' && !OF_THE_CLIENT.some((one) => one.test(flag)))
    : [];
