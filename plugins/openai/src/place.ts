// The addresses of a server's operations.
import type { OpenaiConfig } from './config.ts';
import { presetOf } from './presets.ts';

export interface Place {
  /** For `explain` and messages. */
  readonly baseUrl: string;
  /** The wire name of a model. */
  nameOf(model: string): string;
  /** `path`: `/chat/completions` and the like. `model`: as the client asked for it; '' where a call is about none. */
  urlOf(path: string, model: string): string;
}

/** `endpoint`: the base URL of AWS's service, where the preset is one of AWS's. */
export function placeOf(config: OpenaiConfig, endpoint: string | undefined): Place {
  const { preset, azure } = config;
  const baseUrl =
    config.baseUrl ?? presetOf(preset)?.baseUrl ?? endpoint ?? `https://${azure?.resource}.openai.azure.com`;
  const plain = (root: string): Place => ({ baseUrl, nameOf: (model) => model, urlOf: (path) => `${root}${path}` });
  if (preset === 'azure') return azurePlace(baseUrl, azure ?? {});
  if (preset === 'bedrock-openai' && config.baseUrl === undefined) return plain(`${baseUrl}/openai/v1`);
  // With a version in it the address is complete.
  if (preset !== 'bedrock-mantle' || /\/v\d+$/.test(baseUrl)) return plain(baseUrl);
  return { baseUrl, nameOf: (model) => model, urlOf: (path, model) => `${baseUrl}${mantlePrefix(model)}${path}` };
}

/** Models that stand under another path; a wrong one is answered with "isn't supported on this route" (Bedrock's own guide and the
 * AI SDK's provider for it, 2026-11). */
const UNDER_OPENAI = /^(?:openai\.gpt-(?!oss)|google\.gemma-4|xai\.)/;

const mantlePrefix = (model: string): string => (UNDER_OPENAI.test(model) ? '/openai/v1' : '/v1');

/** Without a version of the API: the one of OpenAI's own form, where a deployment is what a model is elsewhere. */
function azurePlace(baseUrl: string, { apiVersion, deployments = {} }: NonNullable<OpenaiConfig['azure']>): Place {
  const root = baseUrl.replace(/\/openai(?:\/v1)?$/, '');
  const nameOf = (model: string): string => (Object.hasOwn(deployments, model) ? (deployments[model] ?? model) : model);
  if (apiVersion === undefined) return { baseUrl, nameOf, urlOf: (path) => `${root}/openai/v1${path}` };
  const query = `?api-version=${encodeURIComponent(apiVersion)}`;
  const urlOf = (path: string, model: string): string => {
    const isOfDeployment = path === '/chat/completions' || path === '/embeddings';
    const deployment = isOfDeployment ? `/deployments/${encodeURIComponent(nameOf(model))}` : '';
    return `${root}/openai${deployment}${path}${query}`;
  };
  return { baseUrl, nameOf, urlOf };
}
