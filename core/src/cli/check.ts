// `check`: whether a file is sound, what would surprise in it, and what would be different from another one.
import { formatIssues } from '../config/index.ts';
import { readTls, routeWarnings } from '../server/index.ts';
import { shareWarnings } from '../workers/share.ts';
import { diff } from './diff.ts';
import type { Flags } from './flags.ts';
import { type CliOptions, loadRouter } from './load.ts';
import { counted } from './paragraph.ts';
import { print, printError, printJson } from './print.ts';
import { collectSettingNotes } from './setting-notes.ts';

/** Throws ConfigError with everything that is wrong; warnings go to stderr, and change no exit code. */
export async function check(file: string, flags: Flags, options: CliOptions): Promise<number> {
  const notes = collectSettingNotes();
  const router = await loadRouter(file, options, notes.log);
  try {
    const { providers, routes } = router.config;
    const { warnings: ofTls = [] } = readTls(router.config) ?? {};
    const warnings = [
      ...ofTls,
      ...notes.issues(router.config),
      ...shareWarnings(router.config),
      ...routeWarnings(router),
    ];
    if (warnings.length > 0) printError(formatIssues(warnings));
    if (flags.diff !== undefined) await diff(router, flags.diff, flags.json === true, options);
    else if (flags.json) printJson({ file, warnings });
    else print(`${file}: ok, ${counted(providers.length, 'provider')}, ${counted(routes.length, 'route')}`);
    return 0;
  } finally {
    await router.close();
  }
}
