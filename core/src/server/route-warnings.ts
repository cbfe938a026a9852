// What a route sets and its own target cannot carry: nobody's request is at fault, so it is said before there is one.
import { targetName } from '../attempt/index.ts';
import type { ConfigIssue, RouteConfig } from '../config/config.ts';
import { type Loss, RouterError } from '../contract/index.ts';
import { type Router, unrestricted } from '../host/index.ts';
import { targetsOf } from '../routing/index.ts';
import { departFrom, findJourney, lookAhead } from './journey.ts';

/** A warning for each setting of a route that a target of it would drop, and for each target that could not be asked. */
export function routeWarnings(router: Router): ConfigIssue[] {
  // A pattern's targets are known only with a name.
  return router.config.routes
    .filter((route) => !route.name.includes('*'))
    .flatMap((route) => warningsOf(router, route));
}

function warningsOf(router: Router, route: RouteConfig): ConfigIssue[] {
  const journey = findJourney(router, departFrom(route.name), unrestricted('check'));
  return targetsOf(journey.group).flatMap((target) => {
    const name = targetName(target);
    const foreign = Object.keys(route.settings).filter((plugin) => plugin !== target.upstream.config.plugin.name);
    const unread = foreign.map((plugin) =>
      router.config.issue(
        ['routes', route.name, plugin],
        `warning: ${name} does not get this: it is no target of the plugin "${plugin}"`,
      ),
    );
    try {
      const { plan, defaulted } = lookAhead(target, { ...journey, strict: false });
      const { losses, resolution } = plan;
      const lost = losses.filter(
        ({ field, action, ofRoute }) => action === 'dropped' && (ofRoute || defaulted.has(field)),
      );
      const unsent = lost.map((loss) =>
        router.config.issue(settingPath(route, loss), `warning: ${name} does not get this: ${loss.reason}`),
      );
      const doubt = `warning: ${name}: the provider does not know this model, and sends the name as it is written`;
      const unknown = resolution.known === false ? [router.config.issue(['routes', route.name], doubt)] : [];
      return [...unknown, ...unread, ...unsent];
    } catch (thrown) {
      const { message } = RouterError.from(thrown);
      return [...unread, router.config.issue(['routes', route.name], `warning: ${name} cannot be asked: ${message}`)];
    }
  });
}

function settingPath(route: RouteConfig, { field, ofRoute }: Loss): string[] {
  // A plugin names its own settings as they are written: `plugin.setting`.
  if (ofRoute) return ['routes', route.name, ...field.split('.')];
  return field === 'reasoning' ? ['routes', route.name, field] : ['routes', route.name, 'defaults', field];
}
