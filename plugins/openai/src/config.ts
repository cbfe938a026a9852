// The plugin's own keys of the YAML.
import { z } from 'zod';
import { isOpenaiHost } from './dialect.ts';
import { PRESET_NAMES, type PresetName, presetOf } from './presets.ts';

const OPENAI_URL = 'https://api.openai.com/v1';

const baseUrl = z
  .string()
  .superRefine((value, context) => {
    const problem = urlProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  })
  .transform((value) => value.replace(/\/+$/, ''))
  .describe(
    "Base URL of OpenAI or of a server that speaks its chat completions, up to and without /chat/completions: for Ollama http://127.0.0.1:11434/v1. Default: the preset's, else OpenAI's own.",
  );

function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return 'expected a URL such as http://127.0.0.1:11434/v1';
  const url = new URL(value);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'expected an http or https URL';
  if (url.username !== '' || url.password !== '') return 'credentials do not belong in the URL: use apiKey';
  if (/[?#]/.test(value)) return 'a query or a fragment cannot be kept: give the base URL only';
  if (/\/chat\/completions\/*$/.test(url.pathname)) return 'give the URL without /chat/completions';
  return undefined;
}

/** What may stand in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;

const apiKey = z
  .string()
  .trim()
  .regex(PRINTABLE, 'expected a key: printable characters, no spaces; leave it out where none is needed')
  .describe('The API key, sent as a bearer token. May be left out where baseUrl is not OpenAI itself.');

const word = (description: string) =>
  z.string().regex(PRINTABLE, 'expected printable characters without spaces').describe(description);

const azure = z
  .strictObject({
    resource: z
      .string()
      .regex(/^[a-zA-Z0-9-]{1,64}$/, 'expected the name of a resource: letters, digits and dashes')
      .optional()
      .describe('Name of the resource: https://<resource>.openai.azure.com. Not needed with baseUrl.'),
    apiVersion: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}(-preview)?$/, 'expected a version such as 2024-10-21')
      .optional()
      .describe(
        'Asks the older API at /openai/deployments/… with this version. Absent: the one at /openai/v1, which has none.',
      ),
    deployments: z
      .record(z.string(), z.string().regex(PRINTABLE, 'expected the name of a deployment'))
      .optional()
      .describe('Names of deployments by model. A model that is not listed is a deployment of its own name.'),
  })
  .describe("Azure's own settings, with preset: azure.");

const tokenCommand = z
  .array(z.string().min(1))
  .min(1)
  .describe(
    'A program and its arguments, run without a shell: what it prints is the bearer token, kept until it expires. For Azure with Entra: az account get-access-token … -o tsv.',
  );

const fields = z.strictObject({
  preset: z
    .enum(PRESET_NAMES)
    .optional()
    .describe(
      'A server by name: its base URL, how it is signed in to, and what it differs in. baseUrl wins over its own.',
    ),
  apiKey: apiKey.optional(),
  tokenCommand: tokenCommand.optional(),
  baseUrl: baseUrl.optional(),
  api: z
    .enum(['chat', 'responses'])
    .optional()
    .describe(
      'Which API is asked. Default: Responses of OpenAI where the client speaks them or reasoning has to be carried, else chat completions.',
    ),
  organization: word('Sent as OpenAI-Organization: for keys that belong to several.').optional(),
  project: word('Sent as OpenAI-Project: for keys that are not bound to one.').optional(),
  azure: azure.optional(),
  region: z
    .string()
    .regex(/^[a-z]{2,6}(-[a-z]+)+-\d{1,2}$/, 'expected an AWS region such as us-east-1')
    .optional()
    .describe('AWS region, with preset: bedrock-openai and bedrock-mantle. Absent: AWS_REGION.'),
  auth: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'How to sign in to AWS, with preset: bedrock-openai and bedrock-mantle: as in the bedrock plugin. Absent: the AWS default chain, or apiKey.',
    ),
});

type Fields = z.output<typeof fields>;

export const configSchema = fields
  .superRefine((settings, context) => {
    for (const [path, message] of problemsOf(settings)) context.addIssue({ code: 'custom', path: [path], message });
  })
  .transform((settings) =>
    settings.baseUrl === undefined && settings.preset === undefined ? { ...settings, baseUrl: OPENAI_URL } : settings,
  );

export type OpenaiConfig = Fields;

/** Settings that do not fit together, by the key that is to be changed. */
function problemsOf(settings: Fields): (readonly [key: keyof Fields, problem: string])[] {
  const { preset, apiKey: key, tokenCommand: command, baseUrl: url, auth, region, azure: ofAzure } = settings;
  const aws = preset === 'bedrock-openai' || preset === 'bedrock-mantle';
  const problems: (readonly [key: keyof Fields, problem: string])[] = [];
  const needed = keyNeeded(settings);
  if (needed !== undefined) problems.push(['apiKey', `missing: ${needed} answers nobody without a key`]);
  if (key !== undefined && command !== undefined)
    problems.push(['tokenCommand', 'only one of apiKey and tokenCommand']);
  if (ofAzure !== undefined && preset !== 'azure') problems.push(['azure', 'only with preset: azure']);
  if (preset === 'azure' && url === undefined && ofAzure?.resource === undefined)
    problems.push(['azure', 'missing: give azure.resource or baseUrl']);
  if (!aws && region !== undefined) problems.push(['region', ONLY_AWS]);
  if (!aws && auth !== undefined) problems.push(['auth', ONLY_AWS]);
  if (aws && command !== undefined) problems.push(['tokenCommand', 'AWS has none: use auth']);
  if (aws && auth !== undefined && key !== undefined) problems.push(['auth', 'only one of apiKey and auth']);
  return problems;
}

const ONLY_AWS = 'only with preset: bedrock-openai or bedrock-mantle';

/** Who is asked without a key, and would refuse; undefined: nobody. A server at an address of one's own may ask for none. */
function keyNeeded({ preset, apiKey: key, tokenCommand: command, baseUrl: url }: Fields): string | undefined {
  if (key !== undefined || command !== undefined) return undefined;
  if (url !== undefined) return URL.canParse(url) && isOpenaiHost(url) ? 'OpenAI' : undefined;
  if (preset === undefined || preset === 'openai') return 'OpenAI';
  if (SIGNED.has(preset) || presetOf(preset)?.keyless) return undefined;
  return preset;
}

/** Those that AWS's own credentials sign in to. */
const SIGNED: ReadonlySet<PresetName> = new Set(['bedrock-openai', 'bedrock-mantle']);
