// What `plan` hands to `stream` and `generate`.
import type { ConverseRequestBody } from '@turnout/core/wire';
import type { Echo } from './request.ts';
import type { Target } from './resolve.ts';

export interface Wire {
  readonly target: Target;
  readonly body: ConverseRequestBody;
  readonly echo: Echo;
}
