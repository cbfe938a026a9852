// The house's rules as tests: where a file may live, what it may import, how long it may be.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root });
// A file that was deleted is listed until the deletion is committed.
const files = [...new Set(listed.toString().split('\n'))].filter((file) => file !== '' && existsSync(join(root, file)));
const sources = files.filter((file) => /\.(?:ts|mjs)$/.test(file)).map((file) => ({ file, text: read(file) }));
const own = sources.filter(({ file }) => !file.endsWith('.test.ts') && !file.startsWith('test/'));

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** What a file imports, relative imports made relative to the root. */
function imports({ file, text }: { file: string; text: string }): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((name) => (name.startsWith('.') ? normalize(join(dirname(file), name)) : name));
}

test('there are sources to look at', () => {
  expect(own.length).toBeGreaterThan(50);
});

test('every file has a name that says what it is', () => {
  const vague = sources.filter(({ file }) =>
    /(?:^|\/)(?:utils?|helpers?|common|types|misc|shared)(?:\.|\/)/.test(file),
  );
  expect(vague.map(({ file }) => file)).toEqual([]);
  const shouting = sources.filter(({ file }) => /[A-Z_]/.test(file));
  expect(shouting.map(({ file }) => file)).toEqual([]);
});

test('every file is under 300 lines', () => {
  const long = own.filter(({ text }) => text.split('\n').length > 300);
  expect(long.map(({ file }) => file)).toEqual([]);
});

test('every file opens with a sentence that says what it is for', () => {
  const silent = own.filter(({ file, text }) => {
    if (/\/index\.ts$/.test(file) && /^(?:export \* from .*\n)+$/.test(text)) return false; // only passes on
    return !/^(?:#!.*\n)?\/\/ /.test(text);
  });
  expect(silent.map(({ file }) => file)).toEqual([]);
});

test('nothing is written that the oldest Node we promise cannot parse', () => {
  // The sources run as they are, and the test runner would compile this away: Node 22 has no `using` (24 has).
  const using = /^\s*(?:await )?using \w+ =/m;
  expect(own.filter(({ text }) => using.test(text)).map(({ file }) => file)).toEqual([]);
});

describe('imports point one way', () => {
  // A room may import from itself and from the rooms named here.
  const LIBRARY = ['contract', 'wire', 'config', 'protocol', 'routing', 'attempt', 'host', 'observe'];
  const ALLOWED: Readonly<Record<string, readonly string[]>> = {
    contract: [],
    wire: ['contract'],
    plugin: ['contract'],
    testing: ['contract', 'wire', 'plugin', 'protocol'],
    config: ['contract'],
    protocol: ['contract', 'wire'],
    routing: ['contract', 'config'],
    attempt: ['contract', 'config', 'routing'],
    observe: ['contract', 'config', 'attempt'],
    host: ['contract', 'wire', 'plugin', 'config', 'routing', 'attempt'],
    server: [...LIBRARY, 'plugin'],
    workers: ['contract', 'config', 'host', 'observe', 'server'],
    cli: [...LIBRARY, 'server', 'workers'],
  };
  const rooms = sources.filter(({ file }) => /^core\/src\/\w+\//.test(file));

  test.each(Object.keys(ALLOWED))('core/src/%s', (room) => {
    const wrong = rooms
      .filter(({ file }) => file.startsWith(`core/src/${room}/`) && !file.endsWith('.test.ts'))
      .flatMap((source) => imports(source).map((name) => ({ file: source.file, name })))
      .filter(({ name }) => name.startsWith('core/src/'))
      .filter(({ name }) => {
        const other = name.split('/')[2] ?? '';
        return other !== room && !ALLOWED[room]?.includes(other);
      });
    expect(wrong).toEqual([]);
  });

  test('every room has its rule', () => {
    const found = new Set(rooms.map(({ file }) => file.split('/')[2]));
    expect([...found].filter((room) => ALLOWED[room ?? ''] === undefined)).toEqual([]);
  });

  test('contract and wire have no dependency at run time', () => {
    const foreign = sources
      .filter(({ file }) => /^core\/src\/(?:contract|wire)\/(?!.*\.test\.ts)/.test(file))
      .flatMap(({ file, text }) =>
        [...text.matchAll(/^import (?!type )[^;]*?from '([^']+)'/gm)].map((match) => `${file}: ${match[1]}`),
      )
      .filter((line) => !/: (?:\.|node:)/.test(line));
    expect(foreign).toEqual([]);
  });

  test('plugins import the contract, the wire and what plugins share, and each other never but for one', () => {
    const wrong = sources
      .filter(({ file }) => file.startsWith('plugins/') && !file.endsWith('.test.ts'))
      .flatMap((source) => imports(source).map((name) => `${source.file}: ${name}`))
      // A local vendor is made of what core has for tests.
      .filter((line) => !/^plugins\/[^/]+\/(?:local|test)\/[^:]+: @turnout\/core\/testing$/.test(line))
      // Bedrock's endpoints of OpenAI's protocols are signed in to as Bedrock is.
      .filter((line) => line !== 'plugins/openai/src/bedrock-access.ts: @turnout/plugin-bedrock/auth')
      .filter((line) => /: @turnout\/(?!core\/(?:contract|plugin|wire)$)/.test(line) || /: (?:core|test)\//.test(line));
    expect(wrong).toEqual([]);
  });

  test('core imports no plugin', () => {
    const wrong = sources.filter((source) => source.file.startsWith('core/') && !source.file.endsWith('.test.ts'));
    expect(wrong.flatMap(imports).filter((name) => /^@turnout\/|^plugins\//.test(name))).toEqual([]);
  });
});

describe('the protocols and the providers', () => {
  // By name alone: `openai-chat`, `openaiChat`.
  const protocols = [...new Set(files.map((file) => /^core\/src\/protocol\/([\w-]+)\//.exec(file)?.[1] ?? ''))].filter(
    Boolean,
  );
  const words = protocols.flatMap((name) => [
    name,
    name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
  ]);
  const PROVIDER = /bedrock|anthropic|openai|gemini|amazon|ollama|claude/i;
  const AMAZON = /(?<![a-z])aws|Aws|AWS/;
  // Where the protocols hang in the tree of paths: path prefixes, headers and roots have their owners' names.
  const DOORS = ['app', 'error-door', 'inference-paths', 'model-paths', 'request-path'].map(
    (name) => `core/src/server/${name}.ts`,
  );

  test('no provider is named in core outside wire, protocol and the doors', () => {
    const named = own
      .filter(
        ({ file }) =>
          /^core\/src\/(?!wire\/|protocol\/|contract\/(?:request|loss)\.ts)/.test(file) && !DOORS.includes(file),
      )
      .flatMap(({ file, text }) => {
        // Comments may name what a rule comes from.
        const bare = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
        const code = words.reduce((rest, word) => rest.replaceAll(word, ''), bare);
        const found = code.split('\n').find((line) => PROVIDER.test(line) || AMAZON.test(line));
        return found === undefined ? [] : [`${file}: ${found.trim()}`];
      });
    expect(named).toEqual([]);
  });

  test('a protocol is made of another one only where it is one on purpose', () => {
    const BUILT_ON: Readonly<Record<string, readonly string[]>> = {
      // OpenAI's protocols share refusals, errors, cache marks and what an answer is asked to hold.
      'openai-responses': ['openai-chat'],
      'openai-embeddings': ['openai-chat'],
      // Claude's Messages in Bedrock's envelope.
      'bedrock-invoke': ['anthropic-messages', 'bedrock-converse'],
    };
    const wrong = own
      .flatMap((source) => imports(source).map((name) => [source.file, name] as const))
      .filter(([file, name]) => {
        const [from, to] = [file, name].map((path) => /^core\/src\/protocol\/([\w-]+)\//.exec(path)?.[1]);
        return from !== undefined && to !== undefined && from !== to && !BUILT_ON[from]?.includes(to);
      });
    expect(wrong).toEqual([]);
  });
});

test('nothing names a package registry, and nothing is left to do', () => {
  const hosts = ['registry', 'npmjs'].join('.');
  const marks = new RegExp(
    `${hosts.replace('.', '\\.')}|\\b${['TO', 'DO'].join('')}\\b|\\b${['FIX', 'ME'].join('')}\\b`,
  );
  const text = files.filter((file) => /\.(?:ts|mjs|md|yaml|json)$/.test(file) || file.startsWith('.ci/'));
  expect(text.filter((file) => marks.test(read(file)))).toEqual([]);
});
