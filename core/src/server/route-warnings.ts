// What a route sets and its own target cannot carry: nobody's request is at fault, so it is said before there is one.
import { targetName } from '../attempt/index.ts';
import type { ConfigIssue, RouteConfig } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { departFrom, findJourney, prepare } from './journey.ts';

/** A warning for each setting of a route that a target of it would drop, and for each target that could not be asked. */
export function routeWarnings(router: Router): ConfigIssue[] {
  // A pattern's targets are known only with a name.
  return router.config.routes
    .filter((route) => !route.name.includes('*'))
    .flatMap((route) => warningsOf(router, route));
}

function warningsOf(router: Router, route: RouteConfig): ConfigIssue[] {
  const caller = { name: 'check', admin: true, mayUse: () => true };
  const journey = findJourney(router, departFrom(route.name), caller);
  return journey.targets.flatMap((target) => {
    const name = targetName(target);
    try {
      const { plan } = prepare(target, { ...journey, strict: false });
      const lost = plan.losses.filter(({ field, action }) => action === 'dropped' && journey.defaulted.has(field));
      return lost.map(({ field, reason }) =>
        router.config.issue(settingPath(route, field), `warning: ${name} does not get this: ${reason}`),
      );
    } catch (thrown) {
      const { message } = RouterError.from(thrown);
      return [router.config.issue(['routes', route.name], `warning: ${name} cannot be asked: ${message}`)];
    }
  });
}

const settingPath = (route: RouteConfig, field: string): string[] =>
  field === 'reasoning' ? ['routes', route.name, field] : ['routes', route.name, 'defaults', field];
