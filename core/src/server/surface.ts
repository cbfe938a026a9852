// The table of paths: which handler a request has, by its raw path and its method.
import { RouterError } from '../contract/index.ts';
import { answerError } from './answer.ts';
import { type Asked, type Handler, shownPath } from './path.ts';

/** A GET is a HEAD too. */
type Method = 'GET' | 'POST' | 'any';

/** A path of its own is one look into a Map: there is no pattern that a request for inference would have to be held against. */
export class Surface {
  readonly #paths = new Map<string, Handler>();
  readonly #below: { readonly prefix: string; readonly handler: Handler }[] = [];

  /** Serves a path, and answers 405 to any other method. One that ends in `*` is all that go on behind it. */
  serve(method: Method, path: string, handler: Handler): void {
    const served = method === 'any' ? handler : taking(method, handler);
    if (path.endsWith('*')) this.#below.push({ prefix: path.slice(0, -1), handler: served });
    else this.#paths.set(path, served);
  }

  find(path: string): Handler | undefined {
    const known = this.#paths.get(path);
    if (known) return known;
    return this.#below.find(({ prefix }) => path.length > prefix.length && path.startsWith(prefix))?.handler;
  }
}

/** A handler of one method, which answers 405 to any other. */
export function taking(method: 'GET' | 'POST', handler: Handler): Handler {
  const isTaken = (asked = '') => asked === method || (method === 'GET' && asked === 'HEAD');
  return (asked) => (isTaken(asked.incoming.method) ? handler(asked) : refuseMethod(asked, method));
}

function refuseMethod(asked: Asked, method: 'GET' | 'POST'): void {
  const { incoming } = asked;
  const allow = method === 'GET' ? 'GET, HEAD' : method;
  const error = new RouterError('invalid-request', `${shownPath(incoming)} takes ${allow}, not ${incoming.method}`, {
    status: 405,
    errorName: 'UnknownOperationException',
  });
  answerError(asked, error, { allow });
}
