// The HTTP surface: which path leads where. Paths stand here, in *-paths.ts, and nowhere else.
import { RouterError } from '../contract/index.ts';
import { answerError, answerText } from './answer.ts';
import { cutOff } from './client.ts';
import { addInferencePaths, bedrockInference } from './inference-paths.ts';
import { addModelPaths } from './model-paths.ts';
import { addOperatorPaths } from './operator-paths.ts';
import { type AppOptions, type Asked, type Handler, shownPath } from './path.ts';
import { isWellFormed, requestPath } from './request-path.ts';
import { Surface } from './surface.ts';

/** Answers a request, whatever it is for. Never rejects. */
export type App = (incoming: Asked['incoming'], outgoing: Asked['outgoing']) => Promise<void>;

/** Straight on node's own request and response: what a framework makes of them would be more than most of these answers cost, and their
 * raw paths have to be looked at anyway. */
export function createApp(options: AppOptions): App {
  const surface = new Surface();
  // Some clients look whether anybody is there.
  surface.serve('GET', '/', (asked) => answerText(asked, 'Turnout is here. Its README says which paths it serves.\n'));
  addInferencePaths(surface, options);
  addModelPaths(surface, options);
  addOperatorPaths(surface, options);
  const bedrock = bedrockInference(options);
  return async (incoming, outgoing) => {
    const path = requestPath(incoming);
    const asked = { incoming, outgoing, path };
    // The raw path decides: to decode and split it would take the names of models apart.
    const handle: Handler = isWellFormed(incoming) ? (surface.find(path) ?? bedrock(path) ?? refuse) : refuseMalformed;
    try {
      await handle(asked);
    } catch (thrown) {
      fail(asked, thrown, options);
    }
  };
}

const refuseMalformed: Handler = (asked) =>
  answerError(asked, new RouterError('invalid-request', 'the request line or the Host header cannot be read'));

const refuse: Handler = (asked) => {
  const { incoming } = asked;
  const error = new RouterError('invalid-request', `there is no ${incoming.method} ${shownPath(incoming)}`, {
    status: 404,
    errorName: 'UnknownOperationException',
  });
  answerError(asked, error);
};

function fail(asked: Asked, thrown: unknown, { router }: AppOptions): void {
  // Once the head is out there is no other answer to give.
  if (asked.outgoing.headersSent) {
    cutOff(asked.outgoing);
    return;
  }
  const error = RouterError.from(thrown);
  if (error.code === 'internal') router().log.error({ err: thrown }, 'unexpected failure');
  answerError(asked, error);
}
