// What `plan` hands to `stream` and `generate`.
import type { ConverseRequestBody } from '@turnout/core/wire';
import type { ChatBody } from './chat-wire.ts';
import type { Echo } from './request.ts';
import type { Target } from './resolve.ts';

export interface Wire {
  readonly target: Target;
  /** Of Converse; in OpenAI's chat form where the target's API is `invoke`. */
  readonly body: ConverseRequestBody | ChatBody;
  readonly echo: Echo;
}
