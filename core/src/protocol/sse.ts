// Server-sent events as the protocols write them.

export const SSE_CONTENT_TYPE = 'text/event-stream; charset=utf-8';

/** A comment: keeps an idle connection open, ignored by every client. */
export const SSE_PING = ': ping\n\n';

/** One event without a name. `data` must hold no line break; JSON never does. */
export const sseData = (data: string): string => `data: ${data}\n\n`;
