// The configuration file: whatever is written into it, it is a configuration or a list of faults with their places.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRouter } from '../../core/src/cli/index.ts';
import { ConfigError, formatIssues } from '../../core/src/config/index.ts';
import { SILENT } from '../../core/src/observe/index.ts';
import { mutateText } from './mutate.ts';
import type { Random } from './random.ts';
import type { Subject } from './subject.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const SECRET = 'never-shown-4711-secret';

const OWN = `server: { port: 0, drain: 3s }
keys:
  - { name: a, key: "\${TEAM_A_KEY}", models: ["m*"] }
  - { name: b, accessKeyId: TURNOUTTEAMB, secretAccessKey: "\${TEAM_C_SECRET}" }
providers:
  echo: {}
  openai: { apiKey: "\${TEAM_A_KEY}", retry: { attempts: 2 } }
  other: { plugin: openai, baseUrl: &base http://127.0.0.1:1/v1 }
  third: { plugin: openai, baseUrl: *base }
  bedrock: { region: us-east-1, auth: { mode: keys, accessKeyId: A, secretAccessKey: "\${TEAM_C_SECRET}" } }
routes:
  m: { targets: [echo/x, openai/gpt], defaults: { maxTokens: 9 }, reasoning: { effort: low } }
  "g-*": openai/*
`;

// Written with a placeholder for the dollar sign: these are the file's variables, not ours.
const SPLICES = [
  ...[
    '&a ',
    '*a',
    '*base',
    '- ',
    '  ',
    '\t',
    '? ',
    ': ',
    '| ',
    '> ',
    '!!binary ',
    '!!js/function ',
    '<<: ',
    '---\n',
    '...\n',
    '#',
    '%YAML 1.1\n',
  ],
  ...[
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '§{TEAM_A_KEY}',
    '§{NOPE}',
    '§{NOPE:-}',
    '§{file:/dev/null}',
    '§{file:/nope}',
    '§§{',
    '§{',
    '\u0000',
    '\ufeff',
  ],
  ...[
    '[[[[[[[[',
    '{a: {a: {a: ',
    'null',
    '~',
    '0x10',
    '1e999',
    '.inf',
    '2026-11-23',
    '999999999h',
    '-1s',
    '1.5.5',
    'route/m',
    'echo/*',
  ],
  ...[
    'x: &x [*x, *x]\n',
    'a: &a [x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\n',
    'k'.repeat(3_000),
  ],
].map((text) => text.replaceAll('§', '$'));

function mutateYaml(random: Random, text: string): string {
  let lines = text.split('\n');
  for (let n = random.between(1, 3); n > 0; n--) {
    const at = random.integer(lines.length);
    const line = lines[at] ?? '';
    const column = random.integer(line.length + 1);
    switch (random.integer(7)) {
      case 0:
        lines = lines.toSpliced(at, 1);
        break;
      case 1:
        lines = lines.toSpliced(random.integer(lines.length + 1), 0, line);
        break;
      case 2:
        lines = lines.with(at, line.slice(0, column) + random.pick(SPLICES) + line.slice(column));
        break;
      case 3:
        lines = lines.with(at, mutateText(random, line));
        break;
      case 4:
        if (random.chance(0.2)) lines = lines.with(at, ' '.repeat(random.integer(6)) + line.trimStart());
        break;
      case 5:
        // The value of another line under this key.
        lines = lines.with(at, line.replace(/:.*$/, `:${random.pick(lines).split(':').slice(1).join(':')}`));
        break;
      default:
        lines = lines.with(at, random.pick(lines));
    }
  }
  return lines.join('\n');
}

export interface YamlSubject extends Subject {
  close(): void;
}

/** `close` removes its files. */
export function yamlSubject(): YamlSubject {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-fuzz-'));
  const folder = here('../../config/');
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(folder + name, 'utf8'));
  // Most of a documented file is comments: what is not is what is read.
  const bare = (text: string) =>
    text
      .split('\n')
      .filter((line) => !/^\s*(#|$)/.test(line))
      .join('\n');
  const seeds = [OWN, ...texts.map(bare)];
  const env = {
    TEAM_A_KEY: `${SECRET}-a`,
    TEAM_B_SHA256: 'ab'.repeat(32),
    TEAM_C_SECRET: `${SECRET}-c`,
    ADMIN_KEY: `${SECRET}-d`,
  };
  const file = join(dir, 'turnout.yaml');
  return {
    name: 'yaml',
    cases: 250,
    prepare(random) {
      const text = mutateYaml(random, random.pick(seeds));
      return {
        input: text,
        async check() {
          writeFileSync(file, text);
          try {
            const router = await loadRouter(file, { home: here('../../bin'), env }, SILENT);
            await router.close();
            return 'taken';
          } catch (error) {
            if (!(error instanceof ConfigError)) throw error;
            checkIssues(error, text);
            return 'refused';
          }
        },
      };
    },
    close: () => rmSync(dir, { recursive: true }),
  };
}

/** Every fault has a place in the file, a message of a size to be read, and shows nobody's secret. */
function checkIssues({ issues }: ConfigError, text: string): void {
  assert(issues.length > 0);
  const lines = text.split(/\r\n?|\n/).length;
  for (const { line, column, message } of issues) {
    assert(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines} lines: ${message}`);
    assert(message.length > 0 && message.length < 4_000, `a message of ${message.length} characters`);
  }
  const shown = formatIssues(issues);
  assert(!shown.includes(SECRET), `a secret is shown: ${shown}`);
  assert(shown.length < 200_000, `${shown.length} characters of faults`);
}
