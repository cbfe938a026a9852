// Broken files and exactly what is printed about them: place, path, message, excerpt and carets.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import type { Plugin } from '../contract/index.ts';
import { ConfigError, formatIssues } from './error.ts';
import { loadConfig } from './load.ts';
import { PluginNotFoundError } from './provider.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnout-broken-'));
afterAll(() => rmSync(dir, { recursive: true }));

const acme: Plugin = {
  name: 'acme',
  contract: 1,
  config: z.strictObject({
    region: z.string().optional(),
    apiKey: z.string().optional(),
    auth: z
      .discriminatedUnion('mode', [
        z.strictObject({ mode: z.literal('default') }),
        z.strictObject({ mode: z.literal('profile'), profile: z.string() }),
      ])
      .optional(),
    spread: z.union([z.boolean(), z.enum(['off', 'near', 'global'])]).optional(),
    models: z.record(z.string(), z.strictObject({ id: z.string() })).optional(),
  }),
  create: () => {
    throw new Error('never created');
  },
};
const env = { LONG_KEY: 'abcdefgh', WORD: 'many', EMPTY: '', DIGITS: '12345678', PORT: '1', HOST: 'localhost' };

async function printed(name: string, text: string): Promise<string> {
  const file = join(dir, `${name.replaceAll(' ', '-')}.yaml`);
  writeFileSync(file, text);
  const loading = loadConfig(file, {
    env,
    builtIns: ['acme'],
    loadPlugin: async (plugin) => {
      if (plugin !== 'acme') throw new PluginNotFoundError(`there is no plugin "${plugin}"`);
      return { plugin: acme, path: 'acme.ts' };
    },
  });
  const error = await loading.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof ConfigError)) throw error ?? new Error('nothing is wrong with this file');
  expect(error.message).toBe(formatIssues(error.issues));
  return error.message.replaceAll(file, 'turnout.yaml');
}

interface Broken {
  readonly name: string;
  readonly yaml: string;
  readonly printed: string;
}

const BROKEN: readonly Broken[] = [
  {
    name: 'an unknown key of a plugin',
    yaml: `server: { port: 4180 }
providers:
  acme:
    regionn: north
`,
    printed: `turnout.yaml:4:5  providers.acme.regionn: unknown key, did you mean "region"?
      4 |     regionn: north
        |     ^^^^^^^`,
  },
  {
    name: 'unknown keys of core, at every level',
    yaml: `servr: {}
server: { hots: 127.0.0.1 }
keys: [{ name: a, key: "\${LONG_KEY}", admn: true }]
providers:
  acme:
    timeout: { firstoken: 1s }
    brekaer: {}
routes:
  a: { target: acme/x }
  b: { targets: [acme/x], defaults: { temp: 1 } }
`,
    printed: `turnout.yaml:1:1  servr: unknown key, did you mean "server"?
      1 | servr: {}
        | ^^^^^
turnout.yaml:2:11  server.hots: unknown key, did you mean "host"?
      2 | server: { hots: 127.0.0.1 }
        |           ^^^^
turnout.yaml:3:39  keys.0.admn: unknown key, did you mean "admin"?
      3 | keys: [{ name: a, key: "\${LONG_KEY}", admn: *** }]
        |                                       ^^^^
turnout.yaml:6:16  providers.acme.timeout.firstoken: unknown key, did you mean "firstToken"?
      6 |     timeout: { firstoken: 1s }
        |                ^^^^^^^^^
turnout.yaml:7:5  providers.acme.brekaer: unknown key, did you mean "breaker"?
      7 |     brekaer: {}
        |     ^^^^^^^
turnout.yaml:9:8  routes.a.target: unknown key, did you mean "targets"?
      9 |   a: { target: acme/x }
        |        ^^^^^^
turnout.yaml:10:39  routes.b.defaults.temp: unknown key, did you mean "temperature"?
     10 |   b: { targets: [acme/x], defaults: { temp: 1 } }
        |                                       ^^^^`,
  },
  {
    name: 'keys that come with later versions',
    yaml: `server: { cluster: 2 }
providers:
  acme: { region: north }
routes:
  a: { targets: [acme/x], budgets: 5 }
`,
    printed: `turnout.yaml:1:11  server.cluster: unknown key
      1 | server: { cluster: 2 }
        |           ^^^^^^^
turnout.yaml:5:27  routes.a.budgets: unknown key
      5 |   a: { targets: [acme/x], budgets: 5 }
        |                           ^^^^^^^`,
  },
  {
    name: 'strategies, and what means something only with one',
    yaml: `providers:
  acme: { region: north }
routes:
  a: { targets: [acme/x], strategy: wieghted }
  b: { targets: [acme/x], sticky: user }
  c: { targets: [{ target: acme/x, weight: 0 }], strategy: weighted }
  d: { targets: [{ target: acme/x, weight: 2 }], strategy: round-robin }
  e: { targets: [acme/x], strategy: sticky, sticky: { header: "a b" } }
  f: { targets: [{ target: acme/x, wieght: 2 }], strategy: weighted }
`,
    printed: `turnout.yaml:4:37  routes.a.strategy: expected one of ordered, weighted, round-robin, least-latency, sticky, did you mean "weighted"?
      4 |   a: { targets: [acme/x], strategy: wieghted }
        |                                     ^^^^^^^^
turnout.yaml:5:27  routes.b.sticky: needs "strategy: sticky"
      5 |   b: { targets: [acme/x], sticky: user }
        |                           ^^^^^^
turnout.yaml:6:44  routes.c.targets.0.weight: expected more than 0
      6 |   c: { targets: [{ target: acme/x, weight: 0 }], strategy: weighted }
        |                                            ^
turnout.yaml:7:36  routes.d.targets.0.weight: has no effect with "strategy: round-robin": only weighted and sticky look at it
      7 |   d: { targets: [{ target: acme/x, weight: 2 }], strategy: round-robin }
        |                                    ^^^^^^
turnout.yaml:8:63  routes.e.sticky.header: a header name has letters, digits and "-" only
      8 |   e: { targets: [acme/x], strategy: sticky, sticky: { header: "a b" } }
        |                                                               ^^^^^
turnout.yaml:9:36  routes.f.targets.0.wieght: unknown key, did you mean "weight"?
      9 |   f: { targets: [{ target: acme/x, wieght: 2 }], strategy: weighted }
        |                                    ^^^^^^`,
  },
  {
    name: 'routes that lead to routes',
    yaml: `providers:
  acme: { region: north }
routes:
  claude: acme/x
  a: route/cluade
  b: { targets: [acme/x], onContextOverflow: [route/c] }
  c: { targets: [acme/y, route/b] }
  d: route/d
  e: route/gpt-*
  gpt-*: acme/*
  f: { targets: [route/claude, route/claude] }
  g: { targets: [acme/x], onContentBlocked: [acme/y, acme/y] }
`,
    printed: `turnout.yaml:5:6  routes.a: there is no route "cluade", did you mean "claude"?
      5 |   a: route/cluade
        |      ^^^^^^^^^^^^
turnout.yaml:6:47  routes.b.onContextOverflow.0: leads back to the route "b": routes cannot go in circles
      6 |   b: { targets: [acme/x], onContextOverflow: [route/c] }
        |                                               ^^^^^^^
turnout.yaml:7:26  routes.c.targets.1: leads back to the route "c": routes cannot go in circles
      7 |   c: { targets: [acme/y, route/b] }
        |                          ^^^^^^^
turnout.yaml:8:6  routes.d: leads back to the route "d": routes cannot go in circles
      8 |   d: route/d
        |      ^^^^^^^
turnout.yaml:9:6  routes.e: a pattern cannot be a target: name a route without "*"
      9 |   e: route/gpt-*
        |      ^^^^^^^^^^^
turnout.yaml:11:32  routes.f.targets.1: the same target twice
     11 |   f: { targets: [route/claude, route/claude] }
        |                                ^^^^^^^^^^^^
turnout.yaml:12:54  routes.g.onContentBlocked.1: the same target twice
     12 |   g: { targets: [acme/x], onContentBlocked: [acme/y, acme/y] }
        |                                                      ^^^^^^`,
  },
  {
    name: 'routes that multiply',
    yaml: `providers:
  acme: { region: north }
routes:
  a: { targets: [acme/x, acme/y, acme/z], onContextOverflow: [acme/v, acme/w] }
  b: { targets: [route/a, acme/x], onContentBlocked: [route/a, acme/v, acme/w] }
  c: { targets: [route/a, route/b], onContextOverflow: [route/a, route/b], onContentBlocked: [route/a, route/b] }
  d: { targets: [route/b, route/c], onContextOverflow: [route/b, route/c], onContentBlocked: [route/b, route/c] }
  e: { targets: [route/c, route/d], onContextOverflow: [route/c, route/d], onContentBlocked: [route/c, route/d] }
  f: { targets: [route/e, route/d] }
`,
    printed: `turnout.yaml:9:3  routes.f: leads to 1202 targets, counting those of the routes it names; 1000 at most
      9 |   f: { targets: [route/e, route/d] }
        |   ^`,
  },
  {
    name: 'values of the wrong type',
    yaml: `server: { port: "4180", drain: 30 }
providers:
  acme: { region: 5, models: [] }
direct: yes
`,
    printed: `turnout.yaml:1:17  server.port: expected a number, got a string
      1 | server: { port: "4180", drain: 30 }
        |                 ^^^^^^
turnout.yaml:1:32  server.drain: expected a duration such as 500ms, 30s, 5m or 1h
      1 | server: { port: "4180", drain: 30 }
        |                                ^^
turnout.yaml:3:19  providers.acme.region: expected a string, got a number; quote it
      3 |   acme: { region: 5, models: [] }
        |                   ^
turnout.yaml:3:30  providers.acme.models: expected a map, got a list
      3 |   acme: { region: 5, models: [] }
        |                              ^^
turnout.yaml:4:9  direct: expected true or false, got a string
      4 | direct: yes
        |         ^^^`,
  },
  {
    name: 'a value that cannot be compared is one error, not two',
    yaml: `providers:
  acme: { retry: { minDelay: abc } }
`,
    printed: `turnout.yaml:2:30  providers.acme.retry.minDelay: expected a duration such as 500ms, 30s, 5m or 1h
      2 |   acme: { retry: { minDelay: abc } }
        |                              ^^^`,
  },
  {
    name: 'values out of range',
    yaml: `server: { port: 70000, bodyLimit: 0 }
providers:
  acme:
    retry: { attempts: 0, minDelay: 30s }
    timeout: { connect: 0s, total: 900h }
    breaker: { rate: 150% }
routes:
  a: { targets: [], defaults: { topP: 2 } }
`,
    printed: `turnout.yaml:1:17  server.port: expected at most 65535
      1 | server: { port: 70000, bodyLimit: 0 }
        |                 ^^^^^
turnout.yaml:1:35  server.bodyLimit: expected a size from 1B to less than 2GiB
      1 | server: { port: 70000, bodyLimit: 0 }
        |                                   ^
turnout.yaml:4:24  providers.acme.retry.attempts: expected at least 1
      4 |     retry: { attempts: 0, minDelay: 30s }
        |                        ^
turnout.yaml:4:37  providers.acme.retry.minDelay: longer than maxDelay (by default they are 250ms and 20s)
      4 |     retry: { attempts: 0, minDelay: 30s }
        |                                     ^^^
turnout.yaml:5:25  providers.acme.timeout.connect: this duration must be longer than zero
      5 |     timeout: { connect: 0s, total: 900h }
        |                         ^^
turnout.yaml:5:36  providers.acme.timeout.total: this duration is longer than the longest possible, 596h
      5 |     timeout: { connect: 0s, total: 900h }
        |                                    ^^^^
turnout.yaml:6:22  providers.acme.breaker.rate: expected more than 0% and at most 100%
      6 |     breaker: { rate: 150% }
        |                      ^^^^
turnout.yaml:8:17  routes.a.targets: expected at least 1 item
      8 |   a: { targets: [], defaults: { topP: 2 } }
        |                 ^^
turnout.yaml:8:39  routes.a.defaults.topP: expected at most 1
      8 |   a: { targets: [], defaults: { topP: 2 } }
        |                                       ^`,
  },
  {
    name: 'the branch of a union that the mode names',
    yaml: `providers:
  acme: { auth: { mode: profile, profil: x } }
  two: { plugin: acme, auth: { mode: profile } }
  three: { plugin: acme, auth: { mode: profil, profile: x } }
  four: { plugin: acme, auth: { profile: x } }
  five: { plugin: acme, auth: { mode: profile, profile: [x] } }
`,
    printed: `turnout.yaml:2:34  providers.acme.auth.profil: unknown key with mode: profile, did you mean "profile"?
      2 |   acme: { auth: { mode: profile, profil: x } }
        |                                  ^^^^^^
turnout.yaml:3:24  providers.two.auth.profile: missing, expected a string (mode: profile)
      3 |   two: { plugin: acme, auth: { mode: profile } }
        |                        ^^^^
turnout.yaml:4:40  providers.three.auth.mode: expected one of default, profile, did you mean "profile"?
      4 |   three: { plugin: acme, auth: { mode: profil, profile: x } }
        |                                        ^^^^^^
turnout.yaml:5:25  providers.four.auth.mode: missing, expected one of default, profile
      5 |   four: { plugin: acme, auth: { profile: x } }
        |                         ^^^^
turnout.yaml:6:57  providers.five.auth.profile: expected a string, got a list (mode: profile)
      6 |   five: { plugin: acme, auth: { mode: profile, profile: [x] } }
        |                                                         ^^^`,
  },
  {
    name: 'unions without a mode',
    yaml: `providers:
  acme: { spread: gloabl }
routes:
  a: [acme/x]
  b: { targets: [acme/x], reasoning: { budgett: 5 } }
  c: { targets: [acme/x], reasoning: { effort: hgih } }
  d: { targets: [acme/x], reasoning: { effort: high, budget: 1024 } }
  e: { targets: [acme/x], reasoning: of }
`,
    printed: `turnout.yaml:2:19  providers.acme.spread: expected one of true, false, off, near, global, did you mean "global"?
      2 |   acme: { spread: gloabl }
        |                   ^^^^^^
turnout.yaml:4:6  routes.a: expected "provider/model" or "route/name" or a map, got a list
      4 |   a: [acme/x]
        |      ^^^^^^^^
turnout.yaml:5:40  routes.b.reasoning.budgett: unknown key, did you mean "budget"?
      5 |   b: { targets: [acme/x], reasoning: { budgett: 5 } }
        |                                        ^^^^^^^
turnout.yaml:6:48  routes.c.reasoning.effort: expected one of minimal, low, medium, high, xhigh, max, did you mean "high"?
      6 |   c: { targets: [acme/x], reasoning: { effort: hgih } }
        |                                                ^^^^
turnout.yaml:7:48  routes.d.reasoning.effort: only one of "budget" and "effort"
      7 |   d: { targets: [acme/x], reasoning: { effort: high, budget: 1024 } }
        |                                                ^^^^
turnout.yaml:8:38  routes.e.reasoning: expected "off" or a map, did you mean "off"?
      8 |   e: { targets: [acme/x], reasoning: of }
        |                                      ^^`,
  },
  {
    name: 'names that must exist',
    yaml: `providers:
  acme: {}
  two: { plugin: acmee }
  three: {}
routes:
  a: acne/x
  b: { targets: [acme/x, nobody/y] }
`,
    printed: `turnout.yaml:3:18  providers.two.plugin: cannot load the plugin, did you mean "acme"?
      3 |   two: { plugin: acmee }
        |                  ^^^^^
turnout.yaml:4:3  providers.three: cannot load the plugin: there is no plugin "three"; name its plugin with "plugin: …"
      4 |   three: {}
        |   ^^^^^
turnout.yaml:6:6  routes.a: unknown provider, did you mean "acme"?
      6 |   a: acne/x
        |      ^^^^^^
turnout.yaml:7:26  routes.b.targets.1: unknown provider
      7 |   b: { targets: [acme/x, nobody/y] }
        |                          ^^^^^^^^`,
  },
  {
    name: 'targets and patterns',
    yaml: `providers:
  acme: {}
routes:
  a: acme
  b: acme/*
  "c-*": acme/*-*
  "*-*": acme/x
  d: { targets: [acme/x, acme/x] }
  e: acme/../x
  f[1m]: acme/x
`,
    printed: `turnout.yaml:4:6  routes.a: expected "provider/model" or "route/name"
      4 |   a: acme
        |      ^^^^
turnout.yaml:5:6  routes.b: a "*" here takes what a "*" in the route's name matched, and there is none
      5 |   b: acme/*
        |      ^^^^^^
turnout.yaml:6:10  routes.c-*: a target has one "*" at most
      6 |   "c-*": acme/*-*
        |          ^^^^^^^^
turnout.yaml:7:3  routes.*-*: a pattern has one "*" at most
      7 |   "*-*": acme/x
        |   ^^^^^
turnout.yaml:8:26  routes.d.targets.1: the same target twice
      8 |   d: { targets: [acme/x, acme/x] }
        |                          ^^^^^^
turnout.yaml:9:6  routes.e: a model name cannot contain "..", "\\", "?" or "#"
      9 |   e: acme/../x
        |      ^^^^^^^^^
turnout.yaml:10:3  routes.f[1m]: never matches: this suffix is taken off the names that clients send; write "f"
     10 |   f[1m]: acme/x
        |   ^^^^^`,
  },
  {
    name: 'names of providers',
    yaml: `providers:
  route: { plugin: acme }
  "a b": { plugin: acme }
`,
    printed: `turnout.yaml:2:3  providers.route: a provider cannot be called "route": targets use that word for routes
      2 |   route: { plugin: acme }
        |   ^^^^^
turnout.yaml:3:3  providers.a b: a provider's name has letters, digits, "-" and "_" only
      3 |   "a b": { plugin: acme }
        |   ^^^^^`,
  },
  {
    name: 'keys that clash',
    yaml: `keys:
  - { name: a, key: first-secret-1 }
  - { name: a, key: first-secret-1 }
  - { name: b, sha256: 93b9a1c1c5a1f5ef0c3c6f4b7ac4d8a1f9b1ff4e7d7a1c2b3d4e5f60718293a4, key: x }
  - { name: c }
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:3:13  keys.1.name: the same name as keys.0
      3 |   - { name: a, key: *** }
        |             ^
turnout.yaml:3:21  keys.1.key: the same key as keys.0
      3 |   - { name: a, key: *** }
        |                     ^^^
turnout.yaml:4:24  keys.2.sha256: only one of "key" and "sha256"
      4 |   - { name: b, sha256: ***, key: *** }
        |                        ^^^
turnout.yaml:4:95  keys.2.key: expected at least 8 characters
      4 |   - { name: b, sha256: ***, key: *** }
        |                                  ^^^
turnout.yaml:5:5  keys.3: needs "key", "sha256", or "accessKeyId" and "secretAccessKey"
      5 |   - { name: c }
        |     ^^^^^^^^^^^`,
  },
  {
    name: 'keys that sign',
    yaml: `keys:
  - { name: a, accessKeyId: TURNOUTTEAMA, secretAccessKey: first-secret-1 }
  - { name: b, accessKeyId: TURNOUTTEAMA, secretAccessKey: short }
  - { name: c, accessKeyId: TURNOUTTEAMC }
  - { name: d, secretAccessKey: other-secret-2 }
  - { name: e, key: first-secret-3, accessKeyId: TURNOUTTEAME, secretAccessKey: other-secret-3 }
  - { name: f, accessKeyId: "a/b", secretAccessKey: "with a space" }
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:3:29  keys.1.accessKeyId: the same key as keys.0
      3 |   - { name: b, accessKeyId: ***, secretAccessKey: *** }
        |                             ^^^
turnout.yaml:3:60  keys.1.secretAccessKey: expected at least 8 characters
      3 |   - { name: b, accessKeyId: ***, secretAccessKey: *** }
        |                                                   ^^^
turnout.yaml:4:5  keys.2: needs "secretAccessKey" with "accessKeyId"
      4 |   - { name: c, accessKeyId: *** }
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:5:5  keys.3: needs "accessKeyId" with "secretAccessKey"
      5 |   - { name: d, secretAccessKey: *** }
        |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:6:50  keys.4.accessKeyId: only one of "key" and "accessKeyId"
      6 |   - { name: e, key: ***, accessKeyId: ***, secretAccessKey: *** }
        |                                       ^^^
turnout.yaml:6:81  keys.4.secretAccessKey: only one of "key" and "secretAccessKey"
      6 |   - { name: e, key: ***, accessKeyId: ***, secretAccessKey: *** }
        |                                                             ^^^
turnout.yaml:7:29  keys.5.accessKeyId: expected 4 to 128 letters, digits, "_" and "-"
      7 |   - { name: f, accessKeyId: "***", secretAccessKey: "***" }
        |                             ^^^^^
turnout.yaml:7:53  keys.5.secretAccessKey: only printable ASCII characters without spaces, since a key travels in a header
      7 |   - { name: f, accessKeyId: "***", secretAccessKey: "***" }
        |                                                     ^^^^^`,
  },
  {
    name: 'an address that is open to all',
    yaml: `server:
  host: 0.0.0.0 # all
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:2:9  server.host: without "keys" everyone who reaches this address could spend your account: add "keys", or use a loopback host such as 127.0.0.1
      2 |   host: 0.0.0.0 # all
        |         ^^^^^^^`,
  },
  {
    name: 'headers',
    yaml: `providers:
  acme:
    headers: { Host: x, "a b": y, X-Api: 5, x-a: 1a, X-A: 2b }
`,
    printed: `turnout.yaml:3:16  providers.acme.headers.Host: the router or the plugin sets this header
      3 |     headers: { Host: x, "a b": y, X-Api: 5, x-a: 1a, X-A: 2b }
        |                ^^^^
turnout.yaml:3:25  providers.acme.headers.a b: a header name has letters, digits and "-" only
      3 |     headers: { Host: x, "a b": y, X-Api: 5, x-a: 1a, X-A: 2b }
        |                         ^^^^^
turnout.yaml:3:42  providers.acme.headers.X-Api: expected a string, got a number; quote it
      3 |     headers: { Host: x, "a b": y, X-Api: 5, x-a: 1a, X-A: 2b }
        |                                          ^`,
  },
  {
    name: 'variables',
    yaml: `server:
  host: \${NOPE}
  port: \${WORD}
keys:
  - { name: a, key: "pre-\${NOPE}" }
providers:
  acme:
    region: \${EMPTY}
    spread: "\${SPREAD"
    models: { a: { id: "\${1}" } }
  two: { plugin: acme, region: "\${file:/no/such/file}" }
`,
    printed: `turnout.yaml:2:9  server.host: the environment variable NOPE is not set
      2 |   host: \${NOPE}
        |         ^^^^^^^
turnout.yaml:3:9  server.port: expected a number, got a string
      3 |   port: \${WORD}
        |         ^^^^^^^
turnout.yaml:5:21  keys.0.key: the environment variable NOPE is not set
      5 |   - { name: a, key: "***\${NOPE}" }
        |                     ^^^^^^^^^^^^
turnout.yaml:8:13  providers.acme.region: expected a string, got nothing: the variable is empty
      8 |     region: \${EMPTY}
        |             ^^^^^^^^
turnout.yaml:9:13  providers.acme.spread: expected "}" after "\${"; a literal "\${" is written "$\${"
      9 |     spread: "\${SPREAD"
        |             ^^^^^^^^^^
turnout.yaml:10:24  providers.acme.models.a.id: expected \${NAME}, \${NAME:-default} or \${file:/path}
     10 |     models: { a: { id: "\${1}" } }
        |                        ^^^^^^
turnout.yaml:11:32  providers.two.region: /no/such/file cannot be read: no such file
     11 |   two: { plugin: acme, region: "\${file:/no/such/file}" }
        |                                ^^^^^^^^^^^^^^^^^^^^^^^`,
  },
  {
    name: 'a variable without quotes between brackets',
    yaml: `server: { port: \${PORT}, host: \${HOST} }
providers:
  acme: { region: north }
routes: { a: [b, c }
`,
    printed: `turnout.yaml:1:17  quote it: "\${PORT}", since "{" starts a map here
      1 | server: { port: \${PORT}, host: \${HOST} }
        |                 ^^^^^^^
turnout.yaml:1:32  quote it: "\${HOST}", since "{" starts a map here
      1 | server: { port: \${PORT}, host: \${HOST} }
        |                                ^^^^^^^
turnout.yaml:4:14  this bracket is never closed
      4 | routes: { a: [b, c }
        |              ^`,
  },
  {
    name: 'a number where a text was meant',
    yaml: `keys:
  - name: a
    key: \${DIGITS}
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:3:10  keys.0.key: expected a string, got a number; quote it
      3 |     key: \${DIGITS}
        |          ^^^^^^^^^`,
  },
  {
    name: 'a quote that is never closed',
    yaml: `providers:
  acme:
    apiKey: "sk-live-0123456789
    region: north
routes: {}
`,
    printed: `turnout.yaml:3:13  this quote is never closed
      3 |     apiKey: "***
        |             ^`,
  },
  {
    name: 'a bracket that is never closed',
    yaml: `keys:
  - { name: a, key: sk-live-0123456789, models: [a
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:2:49  this bracket is never closed
      2 |   - { name: ***, key: ***, models: [***
        |                                    ^`,
  },
  {
    name: 'bad indentation',
    yaml: `providers:
    acme:
        region: north
      apiKey: sk-live-0123456789
`,
    printed: `turnout.yaml:4:7  not indented like the lines around it
      4 |       apiKey: ***
        |       ^`,
  },
  {
    name: 'tabs',
    yaml: `providers:
	acme: {}
`,
    printed: `turnout.yaml:2:1  tabs cannot indent YAML, use spaces
      2 |  acme: {}
        | ^`,
  },
  {
    name: 'two values on one line',
    yaml: `providers:
  acme:
    region: north: east
`,
    printed: `turnout.yaml:3:13  a second ": " on one line: quote the value, or start a new line
      3 |     region: north: east
        |             ^`,
  },
  {
    name: 'a missing colon',
    yaml: `providers
  acme: {}
`,
    printed: `turnout.yaml:1:1  expected "key: value" on one line: a ":" is missing, or the space after it
      1 | providers
        | ^^^^^^^^^`,
  },
  {
    name: 'a missing space',
    yaml: `providers:
  acme:
    region:north
`,
    printed: `turnout.yaml:3:5  providers.acme: expected a map of the provider's settings; a space is missing after ":"
      3 |     region:north
        |     ^^^^^^^^^^^^`,
  },
  {
    name: 'a star without quotes',
    yaml: `providers:
  acme: { region: north }
routes:
  *-mini: acme/*
`,
    printed: `turnout.yaml:4:3  "*" starts an alias here; quote it to mean the character
      4 |   *-mini: acme/*
        |   ^^^^^^`,
  },
  {
    name: 'characters that start no value',
    yaml: `providers:
  acme: { region: @north }
`,
    printed: `turnout.yaml:2:19  a value cannot start with "@" unless it is quoted
      2 |   acme: { region: @north }
        |                   ^`,
  },
  {
    name: 'an unknown escape',
    yaml: `{ "providers": { "acme": { "region": "C:\\dir" } } }
`,
    printed: `turnout.yaml:1:41  unknown escape in double quotes; write "\\\\" for a backslash, or use single quotes
      1 | { "providers": { "acme": { "region": "C:\\dir" } } }
        |                                         ^`,
  },
  {
    name: 'duplicate keys',
    yaml: `providers:
  acme: { region: a, region: b }
  acme: {}
`,
    printed: `turnout.yaml:2:22  providers.acme.region: duplicate key
      2 |   acme: { region: a, region: b }
        |                      ^^^^^^
turnout.yaml:3:3  providers.acme: duplicate key
      3 |   acme: {}
        |   ^^^^`,
  },
  {
    name: 'aliases',
    yaml: `providers:
  acme: &acme { region: *nowhere, models: *acme }
  two: { plugin: acme, models: &m { a: { idd: x } } }
  three: { plugin: acme, models: *m }
`,
    printed: `turnout.yaml:2:25  providers.acme.region: unknown alias; quote it if it is meant as text
      2 |   acme: &acme { region: *nowhere, models: *acme }
        |                         ^^^^^^^^
turnout.yaml:2:43  providers.acme.models: this alias stands inside its own anchor
      2 |   acme: &acme { region: *nowhere, models: *acme }
        |                                           ^^^^^
turnout.yaml:3:42  providers.two.models.a.idd: unknown key, did you mean "id"?
      3 |   two: { plugin: acme, models: &m { a: { idd: x } } }
        |                                          ^^^`,
  },
  {
    name: 'merge keys',
    yaml: `providers:
  acme: &a { region: north }
  two:
    <<: *a
    plugin: acme
`,
    printed: `turnout.yaml:4:5  providers.two.<<: merge keys are not supported; use an alias for a whole value
      4 |     <<: *a
        |     ^^`,
  },
  {
    name: 'tags',
    yaml: `providers:
  acme: { region: !env REGION, spread: !!str off }
`,
    printed: `turnout.yaml:2:24  providers.acme.region: YAML tags are not supported
      2 |   acme: { region: !env REGION, spread: !!str off }
        |                        ^^^^^^
turnout.yaml:2:46  providers.acme.spread: YAML tags are not supported
      2 |   acme: { region: !env REGION, spread: !!str off }
        |                                              ^^^`,
  },
  {
    name: 'directives',
    yaml: `# a comment
%YAML 1.1
---
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:2:1  YAML directives are not supported
      2 | %YAML 1.1
        | ^^^^^^^^^`,
  },
  {
    name: 'more than one document',
    yaml: `providers:
  acme: { region: north }
---
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:3:1  a second document ("---"); a config is one document
      3 | ---
        | ^^^`,
  },
  {
    name: 'keys that are no plain text',
    yaml: `? [a]
: b
providers:
  acme: { region: north }
`,
    printed: `turnout.yaml:1:3  ?: a key must be plain text
      1 | ? [a]
        |   ^^^`,
  },
  {
    name: 'a key that would reach a prototype',
    yaml: `providers:
  acme: { __proto__: { region: north } }
`,
    printed: `turnout.yaml:2:11  providers.acme.__proto__: this key is not allowed
      2 |   acme: { __proto__: { region: north } }
        |           ^^^^^^^^^`,
  },
  {
    name: 'an empty file',
    yaml: ``,
    printed: `turnout.yaml:1:1  the file is empty: it needs at least "providers"`,
  },
  {
    name: 'a file of comments',
    yaml: `# nothing here
`,
    printed: `turnout.yaml:1:1  the file is empty: it needs at least "providers"
      1 | # nothing here
        | ^`,
  },
  {
    name: 'a list at the top',
    yaml: `- acme
`,
    printed: `turnout.yaml:1:1  expected a map with "providers" at the top
      1 | - acme
        | ^^^^^^`,
  },
  {
    name: 'no providers',
    yaml: `routes: {}
`,
    printed: `turnout.yaml:1:1  providers: missing, expected a map
      1 | routes: {}
        | ^^^^^^`,
  },
  {
    name: 'providers without one',
    yaml: `providers: {}
`,
    printed: `turnout.yaml:1:12  providers: at least one provider
      1 | providers: {}
        |            ^^`,
  },
  {
    name: 'a section without content',
    yaml: `server:
providers:
  acme:
    auth:
routes:
  a:
`,
    printed: `turnout.yaml:1:1  server: expected a map, got nothing
      1 | server:
        | ^^^^^^
turnout.yaml:4:5  providers.acme.auth: expected a map, got nothing
      4 |     auth:
        |     ^^^^
turnout.yaml:6:3  routes.a: expected "provider/model" or "route/name" or a map, got nothing
      6 |   a:
        |   ^`,
  },
  {
    name: 'a secret on the offending line',
    yaml: `providers:
  acme: { apiKey: "sk-live-0123456789", regionn: north, auth: sk-live-0123456789 }
keys: [sk-live-0123456789]
`,
    printed: `turnout.yaml:2:41  providers.acme.regionn: unknown key, did you mean "region"?
      2 |   acme: { apiKey: "***", regionn: north, auth: *** }
        |                          ^^^^^^^
turnout.yaml:2:63  providers.acme.auth: expected a map, got a string
      2 |   acme: { apiKey: "***", regionn: north, auth: *** }
        |                                                ^^^
turnout.yaml:3:8  keys.0: expected a map, got a string
      3 | keys: [***]
        |        ^^^`,
  },
  {
    name: 'JSON',
    yaml: `{
  "providers": { "acme": { "regionn": "north" } },
  "routes": { "a": "acme/x" "b": "acme/y" }
}
`,
    printed: `turnout.yaml:3:20  a "," is missing in here
      3 |   "routes": { "a": "acme/x" "b": "acme/y" }
        |                    ^^^^^^^^^^^^^^^^^^^^^^^`,
  },
  {
    name: 'what an expansion of aliases would cost',
    yaml: `a: &a [x,x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]
`,
    printed: `turnout.yaml:1:1  more than 100000 values, aliases expanded
      1 | a: &a [x,x,x,x,x,x,x,x,x,x]
        | ^^^^^^^^^^^^^^^^^^^^^^^^^^^`,
  },
  {
    name: 'nesting without end',
    yaml: `providers: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
`,
    printed: `turnout.yaml:1:311  this bracket is never closed
      1 | …[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
        |                                                                                                                         ^`,
  },
];

it.each(BROKEN)('$name', async ({ name, yaml, printed: expected }) => {
  expect(await printed(name, yaml)).toBe(expected);
});
