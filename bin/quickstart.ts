// The quickstart: bedrock-local and the router on config/quickstart.yaml, so that the first request needs no account.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type CliOptions, parsePort, report, serve } from '@turnout/core/cli';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';

/** Bedrock-local's keys: those of config/quickstart.yaml, no secret. */
const LOCAL_KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret-not-a-real-one' };

const LOCAL_PORT = 4181;

/** Runs until it is stopped; the exit code. */
export async function quickstart(argv: readonly string[], options: CliOptions): Promise<number> {
  const local = await startLocal();
  try {
    const { values } = parseArgs({ args: [...argv], options: { port: { type: 'string' } } });
    const port = parsePort(values.port);
    const file = configFile(options.home);
    const env = { ...options.env, BEDROCK_LOCAL_URL: local.url };
    const onListening = (url: string) => console.log(whatToTry(url, file, local.url));
    return await serve(file, { ...options, env }, { ...port, onListening });
  } catch (error) {
    return report(error);
  } finally {
    await local.close();
  }
}

/** On the port that the file names, so that `doctor` and `models` find it there too; on a free one when that is taken. */
async function startLocal(): Promise<BedrockLocal> {
  try {
    return await startBedrockLocal({ port: LOCAL_PORT, credentials: [LOCAL_KEYS] });
  } catch {
    return startBedrockLocal({ credentials: [LOCAL_KEYS] });
  }
}

/** config/ stands beside bin/ in the repository, and above dist/bin/ in the published package. */
function configFile(home: string): string {
  const places = ['../config/quickstart.yaml', '../../config/quickstart.yaml'].map((place) => join(home, place));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`there is no ${places[0]}`);
  return found;
}

function whatToTry(url: string, file: string, localUrl: string): string {
  const body = JSON.stringify({ model: 'claude', messages: [{ role: 'user', content: 'Say hello to the railway.' }] });
  return `
This is the quickstart: bedrock-local, a local stand-in for Amazon Bedrock, answers at ${localUrl}.
Routes: ${relative(process.cwd(), file)}. Try

  curl ${url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '${body}'

  npm start -- explain claude-thinking --config ${relative(process.cwd(), file)}

For a real account, copy config/bedrock.yaml and start with: npm start -- serve --config FILE`;
}
