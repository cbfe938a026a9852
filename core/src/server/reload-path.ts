// POST /admin/reload: what the file says now, put to work, or everything that is wrong with it.
import { ConfigError } from '../config/index.ts';
import { RouterError } from '../contract/index.ts';
import { answerJson } from './answer.ts';
import { readBody } from './body.ts';
import { type AppOptions, administrator } from './path.ts';
import type { Surface } from './surface.ts';

export function addReloadPath(surface: Surface, options: AppOptions): void {
  surface.serve('POST', '/admin/reload', async (asked) => {
    administrator(asked, options);
    if (options.draining()) throw new RouterError('overloaded', 'the router is shutting down', { retryAfterMs: 1_000 });
    // There is nothing to be said in a body. What is sent all the same is taken in, so that the connection can be used again.
    await readBody(asked.incoming, options.router().config.server.bodyLimitBytes);
    try {
      return answerJson(asked, await options.reload());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { issues } = error;
      const first = issues[0];
      const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
      const where =
        first === undefined ? '' : `${first.file}:${first.line}:${first.column} ${first.path}: ${first.message}`;
      const message = `nothing has changed, the configuration is wrong: ${where}${more}`;
      const said = { message, type: 'invalid_request_error', param: null, code: 'invalid_configuration' };
      return answerJson(asked, { error: said, issues }, 422);
    }
  });
}
