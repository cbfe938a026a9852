// `plugin new`: a package with a provider that works and passes the kit, to be changed into another one.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { builtInPlugins } from '../host/index.ts';

const SCOPED = /^@[a-z0-9][a-z0-9._-]*\//;
const NAME_CHARS_MAX = 60;

export interface NewPlugin {
  /** The folder with the built-in plugins, for names that are taken, and the program's own, beside which the scaffold is. */
  readonly home: string;
  /** Where to make it; absent: a folder of the package's name where the user stands. */
  readonly dir: string | undefined;
}

/** Writes the package and says what to do next; the exit code. Throws an Error for a name that is none, and for a folder in which
 * there is something. */
export function newPlugin(written: string | undefined, { home, dir }: NewPlugin): number {
  if (written === undefined) throw new Error('plugin new takes one NAME: that of the provider, e.g. "acme"');
  const { name, packageName } = namesOf(written, builtInPlugins(home));
  const target = resolve(dir ?? packageName.replace(SCOPED, ''));
  refuseUsed(target);
  const source = scaffoldFolder(home);
  for (const file of filesOf(source)) {
    const text = readFileSync(join(source, file), 'utf8');
    write(join(target, file), renamed(text, name, packageName));
  }
  write(join(target, 'package.json'), `${JSON.stringify(manifest(packageName), null, 2)}\n`);
  write(join(target, '.gitignore'), 'node_modules/\ndist/\n');
  const shown = relative(process.cwd(), target) || '.';
  console.log(`${shown}: a provider called "${name}", in the package ${packageName}. Next:

  cd ${shown}
  npm install
  npm test

README.md there says which file to change for what.`);
  return 0;
}

/** `acme`, `turnout-plugin-acme` and `@scope/plugin-acme` are all called `acme`. */
function namesOf(written: string, taken: readonly string[]): { name: string; packageName: string } {
  const name = written.replace(SCOPED, '').replace(/^(?:turnout-)?plugin-/, '');
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) || written.length > NAME_CHARS_MAX) {
    throw new Error(
      `"${written}" is no name for a plugin: lower-case letters, digits and single "-", a letter first, at most ${NAME_CHARS_MAX} in all; ` +
        'a scope may stand before it, as in "@acme/plugin-llm"',
    );
  }
  if (taken.includes(name)) throw new Error(`"${name}" is a plugin that comes with Turnout: choose another name`);
  if (name === 'route') throw new Error('a plugin cannot be called "route": targets use that word for routes');
  return { name, packageName: SCOPED.test(written) ? written : `turnout-plugin-${name}` };
}

function refuseUsed(target: string): void {
  if (!existsSync(target)) return;
  let entries: string[];
  try {
    entries = readdirSync(target);
  } catch {
    throw new Error(`${target} is there already, and is no folder`);
  }
  if (entries.length > 0) throw new Error(`${target} is not empty: nothing was written`);
}

/** scaffold/ stands beside bin/ in the repository, and above dist/bin/ in the published package. */
function scaffoldFolder(home: string): string {
  const places = ['../scaffold', '../../scaffold'].map((place) => join(home, place));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`there is no ${places[0]}`);
  return found;
}

/** Paths in the folder, in no order that matters. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

/** The model's name in words, in the package's name, and in upper case in environment variables. */
function renamed(text: string, name: string, packageName: string): string {
  const variable = `${name.replaceAll('-', '_').toUpperCase()}_`;
  return text.replaceAll(/\bturnout-plugin-parrot\b|\bPARROT_|\bparrot\b/g, (found) => {
    if (found === 'PARROT_') return variable;
    return found === 'parrot' ? name : packageName;
  });
}

function manifest(packageName: string): object {
  // From src/cli and from dist/cli alike.
  const url = new URL('../../package.json', import.meta.url);
  const core = JSON.parse(readFileSync(url, 'utf8')) as { version: string; dependencies: Record<string, string> }; // our own
  const range = `^${core.version}`;
  return {
    name: packageName,
    version: '0.1.0',
    description: 'A provider for Turnout.',
    keywords: ['turnout-plugin'],
    type: 'module',
    engines: { node: '>=22.19' },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist'],
    scripts: {
      test: 'node --test "src/**/*.test.ts"',
      types: 'tsc --noEmit',
      service: 'node src/service.ts',
      check: 'turnout check --config turnout.yaml',
      serve: 'turnout serve --config turnout.yaml',
      build: 'tsc -p tsconfig.build.json',
      prepack: 'npm run build',
    },
    dependencies: { zod: core.dependencies.zod },
    peerDependencies: { '@turnout/core': range },
    devDependencies: { '@turnout/core': range, '@types/node': '^24.0.0', turnout: range, typescript: '^7.0.2' },
  };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag: 'wx' });
}
