// The HTTP surface: which path leads where. Paths stand here, in *-paths.ts, and nowhere else.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { RouterError } from '../contract/index.ts';
import { cutOff } from './client.ts';
import { errorDoorOf, errorResponse } from './error-door.ts';
import { addInferencePaths, bedrockRoute } from './inference-paths.ts';
import { addModelPaths } from './model-paths.ts';
import { addOperatorPaths } from './operator-paths.ts';
import { type AppOptions, answerText, type Env, serve, shownPath } from './path.ts';
import { bedrockPathOf, requestPath } from './request-path.ts';

export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>({
    // The raw target decides: the framework would decode and split the names of models.
    getPath: (_request, { env } = {}) => {
      if (env === undefined) return '/';
      const path = bedrockPathOf(env.incoming);
      return path === undefined ? requestPath(env.incoming) : bedrockRoute(path.operation);
    },
  });
  // Some clients look whether anybody is there.
  serve(app, 'GET', '/', (context) => answerText(context, 'Turnout is here. Its README says which paths it serves.\n'));
  addInferencePaths(app, options);
  addModelPaths(app, options);
  addOperatorPaths(app, options);
  app.notFound(({ req, env: { incoming } }) => {
    const error = new RouterError('invalid-request', `there is no ${req.method} ${shownPath(incoming)}`, {
      status: 404,
      errorName: 'UnknownOperationException',
    });
    return errorResponse(errorDoorOf(incoming), error);
  });
  app.onError((thrown, { env: { incoming, outgoing } }) => {
    // Once the head is out there is no other answer to give; an error Response would crash on the sent headers.
    if (outgoing.headersSent) {
      cutOff(outgoing);
      return RESPONSE_ALREADY_SENT;
    }
    const error = RouterError.from(thrown);
    if (error.code === 'internal') options.router().log.error({ err: thrown }, 'unexpected failure');
    return errorResponse(errorDoorOf(incoming), error);
  });
  return app;
}
