// `explain`: where a request would go, and why. With `--replay`: where those of a log would.
import { RouterError } from '../contract/index.ts';
import { unrestricted } from '../host/index.ts';
import { explain, explainError, type Inquiry, parseBody, protocolNamed } from '../server/index.ts';
import { formatExplanation } from './explanation.ts';
import { type Flags, requireConfig } from './flags.ts';
import { readWhole } from './input.ts';
import { type CliOptions, loadRouter } from './load.ts';
import { print, printJson } from './print.ts';
import { replayLog } from './replay.ts';

/** The exit code: 1 when a client would get an error. Throws an Error for a command line that asks nothing. */
export async function explainRequest(words: readonly string[], flags: Flags, options: CliOptions): Promise<number> {
  if (flags.replay !== undefined) return explainLog(flags.replay, words, flags, options);
  const [model] = words;
  if (words.length > 1 || (model === undefined && flags.request === undefined)) {
    throw new Error('explain takes one model name, or a request that names it');
  }
  const router = await loadRouter(requireConfig(flags), options);
  try {
    const explanation = explain(
      router,
      inquiryOf(model, flags, router.config.server.bodyLimitBytes),
      unrestricted('cli'),
    );
    if (flags.json) printJson(explanation);
    else print(formatExplanation(explanation));
    return explanation.error ? 1 : 0;
  } catch (error) {
    if (!RouterError.is(error)) throw error;
    if (!flags.json) throw new Error(`[${error.code}] ${error.message}`);
    printJson({ error: explainError(error) });
    return 1;
  } finally {
    await router.close();
  }
}

async function explainLog(
  log: string,
  words: readonly string[],
  { replay: _, config, json = false, ...others }: Flags,
  options: CliOptions,
): Promise<number> {
  const [other] = [...words, ...Object.keys(others).map((flag) => `--${flag}`)];
  if (other !== undefined) throw new Error(`explain --replay takes no ${other}: every request of the log is looked at`);
  const router = await loadRouter(requireConfig({ config }), options);
  try {
    return await replayLog(router, log, json);
  } finally {
    await router.close();
  }
}

function inquiryOf(model: string | undefined, flags: Flags, bodyLimit: number): Inquiry {
  const { request, protocol, key, header, wire } = flags;
  return {
    ...(model !== undefined && { model }),
    ...(request !== undefined && { request: parseBody(readWhole(request), bodyLimit) }),
    ...(protocol !== undefined && { protocol: protocolNamed(protocol) }),
    ...(key !== undefined && { key }),
    ...(header && { headers: headersOf(header) }),
    ...(wire && { wire }),
  };
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`--header ${line}: expected "name: value"`);
      return [name.toLowerCase(), value];
    }),
  );
}
