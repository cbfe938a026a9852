// What real clients have sent reaches every family of targets: none fails the router, and what is lost is listed, in
// goldens/client-losses.md by client and family.
import { type AnthropicLocal, startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { type GeminiLocal, startGeminiLocal } from '@turnout/plugin-gemini/local';
import { type OpenaiLocal, startOpenaiLocal } from '@turnout/plugin-openai/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { refusalOf } from './client-refusals.ts';
import { type ClientRequest, hasClientTraffic, readClientTraffic } from './client-traffic.ts';

const FAMILIES = ['claude', 'nova', 'openai', 'anthropic', 'gemini'] as const;
type Family = (typeof FAMILIES)[number];

const traffic = readClientTraffic().filter(({ path }) => !/\/embeddings/.test(path));
/** By family and client. */
const found = new Map<Family, Map<string, Set<string>>>(FAMILIES.map((family) => [family, new Map()]));
let bedrock: BedrockLocal;
let openai: OpenaiLocal;
let anthropic: AnthropicLocal;
let gemini: GeminiLocal;
let house: House;

beforeAll(async () => {
  bedrock = await startBedrockLocal();
  openai = await startOpenaiLocal();
  anthropic = await startAnthropicLocal();
  gemini = await startGeminiLocal();
  house = await openHouse(`
providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${bedrock.url}
    auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: local-secret }
    retry: { attempts: 1 }
    breaker: { failures: 1000, rate: 100% }
  openai: { baseUrl: ${openai.baseUrl}, apiKey: local-key, retry: { attempts: 1 }, breaker: { failures: 1000, rate: 100% } }
  anthropic: { baseUrl: ${anthropic.baseUrl}, apiKey: local-key, retry: { attempts: 1 }, breaker: { failures: 1000, rate: 100% } }
  gemini: { baseUrl: ${gemini.baseUrl}, apiKey: local-key, retry: { attempts: 1 }, breaker: { failures: 1000, rate: 100% } }
media: { urls: false }
routes:
  claude: bedrock/anthropic.claude-sonnet-5
  nova: bedrock/amazon.nova-pro-v1:0
  openai: openai/gpt-5.5
  anthropic: anthropic/claude-sonnet-5
  gemini: gemini/gemini-3.1-pro
`);
});
afterAll(async () => {
  await house.close();
  await Promise.all([bedrock, openai, anthropic, gemini].map((local) => local.close()));
});

/** The same request for another model. */
function redirect({ path, body }: ClientRequest, family: Family): { path: string; body: object } {
  const bedrockPath = path.replace(/(\/model\/).+(\/[a-z-]+)$/, (_, before, after) => `${before}${family}${after}`);
  return { path: bedrockPath.replace(/^\/api\/v1/, '/v1'), body: 'model' in body ? { ...body, model: family } : body };
}

const isCount = (path: string): boolean => /count[_-]tokens/.test(path);

describe.skipIf(!hasClientTraffic)('what clients really send', () => {
  describe.each(FAMILIES)('to %s', (family) => {
    test.each(traffic)('$name', async (request) => {
      const { path, body } = redirect(request, family);
      const answer = await house.post(path, body, request.headers);
      const text = await answer.text();
      expect(answer.status, text).toBeLessThan(500);
      const refusal = refusalOf(request, family);
      if (refusal === undefined) expect(answer.status, text).toBe(200);
      else
        expect({ status: answer.status, text }).toEqual({
          status: refusal.status,
          text: expect.stringMatching(refusal.says),
        });
      if (refusal === undefined && !isCount(path))
        expect(text).not.toMatch(/"error":\{|event: error|response\.failed|exception-type/);
      const lost = answer.headers.get('x-turnout-losses')?.split(', ') ?? [];
      const losses = found.get(family)?.get(request.client) ?? new Set<string>();
      for (const loss of lost) losses.add(loss);
      found.get(family)?.set(request.client, losses);
    });
  });

  test('what is lost is what the list says', async () => {
    const clients = [...new Set(traffic.map(({ client }) => client))].sort();
    const rows = clients.map((client) => {
      const cells = FAMILIES.map((family) => [...(found.get(family)?.get(client) ?? [])].sort().join(', ') || '–');
      return `| ${client} | ${cells.join(' | ')} |`;
    });
    const table = `| client | ${FAMILIES.join(' | ')} |\n|---${FAMILIES.map(() => '|---').join('')}|\n${rows.join('\n')}\n`;
    await expect(table).toMatchFileSnapshot('goldens/client-losses.md');
  });
});

test('there is traffic to replay', () => {
  if (!hasClientTraffic) console.warn('skipped: ../shared/corpus is not there, no recorded client traffic to replay');
  else expect(traffic.length).toBeGreaterThan(350);
});
