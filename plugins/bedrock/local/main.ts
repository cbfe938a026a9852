// The command: node plugins/bedrock/local/main.ts --port 4181 --script file.json
import { parseArgs } from 'node:util';
import { readScript } from './script-file.ts';
import { startBedrockLocal } from './server.ts';

const USAGE = `bedrock-local: a local Amazon Bedrock runtime for tests

  --port N              default 4181; 0 picks a free one
  --host ADDRESS        default 127.0.0.1
  --region REGION       accept signatures for this region only; default: every region
  --script FILE         JSON: {"script": [steps], "credentials", "apiKeys", "resources", "region", …}, or the steps alone
  --tokens-per-second N how fast answers stream; default: at once
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4181' },
      host: { type: 'string', default: '127.0.0.1' },
      region: { type: 'string' },
      script: { type: 'string' },
      'tokens-per-second': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const file = values.script === undefined ? {} : await readScript(values.script);
  const speed = values['tokens-per-second'];
  const local = await startBedrockLocal({
    ...file,
    host: values.host,
    port: readNumber('port', values.port, 0),
    ...(values.region === undefined ? {} : { region: values.region }),
    ...(speed === undefined ? {} : { tokensPerSecond: readNumber('tokens-per-second', speed, 1) }),
  });
  process.stdout.write(`bedrock-local listening on ${local.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void local.close());
}

function readNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min) throw new Error(`--${name} must be a whole number from ${min}`);
  return value;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bedrock-local: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
