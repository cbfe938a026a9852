// What stands behind an agent: a real Turnout process, and a model of ours behind it.
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startServer } from '../bench/process.ts';
import type { KeyPair } from './agent.ts';
import type { Mind, Model } from './upstream.ts';

const program = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));

export interface GatewayOptions {
  /** Where its files go. */
  readonly folder: string;
  readonly key: string;
  readonly keyPair: KeyPair;
  /** What every name leads to. */
  readonly model: Model;
  readonly mind: Mind;
}

export interface Gateway {
  readonly url: string;
  /** Ends it all; what Turnout has logged of its requests. */
  close(): Promise<readonly LoggedRequest[]>;
}

const logged = z.looseObject({
  msg: z.literal('request'),
  protocol: z.string(),
  status: z.number(),
  error: z.string().optional(),
});

/** A line of the log. */
export type LoggedRequest = z.infer<typeof logged>;

export async function openGateway({ folder, key, keyPair, model, mind }: GatewayOptions): Promise<Gateway> {
  const upstream = await model.start(mind);
  const config = join(folder, 'turnout.yaml');
  const log = join(folder, 'turnout.log');
  // The model thinks, if it can, also where the agent does not ask for it.
  writeFileSync(
    config,
    `keys:
  - { name: agent, key: ${key} }
  - { name: signing-agent, accessKeyId: ${keyPair.accessKeyId}, secretAccessKey: ${keyPair.secretAccessKey} }
providers:
  ${upstream.yaml}
routes:
  "*": { targets: ["${model.target}"], reasoning: { effort: medium } }
`,
  );
  const file = openSync(log, 'w');
  try {
    const server = await startServer([program, 'serve', '--config', config, '--port', '0'], { stderr: file });
    return {
      url: server.url,
      close: async () => {
        await server.stop();
        await upstream.close();
        return readLog(log);
      },
    };
  } catch (error) {
    await upstream.close();
    throw new Error(`Turnout did not start: ${readFileSync(log, 'utf8')}`, { cause: error });
  } finally {
    closeSync(file);
  }
}

function readLog(path: string): LoggedRequest[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const parsed = logged.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  });
}
