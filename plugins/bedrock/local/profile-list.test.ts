// The list of inference profiles, in its pages.
import { describe, expect, it } from 'vitest';
import { createDirectory } from './model.ts';
import { isProfileList, listProfiles } from './profile-list.ts';
import { Refusal } from './refusal.ts';

const APPLICATION = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
const models = createDirectory([{ id: 'acme.new', profiles: ['us'] }], { [APPLICATION]: 'acme.new' });

interface Page {
  readonly inferenceProfileSummaries: { inferenceProfileId: string; models: { modelArn: string }[] }[];
  readonly nextToken?: string;
}
// The shape of AWS's answer.
const list = (query: string, region = 'us-east-1') =>
  listProfiles(`/inference-profiles${query}`, region, models) as Page;
const idsOf = (page: Page) => page.inferenceProfileSummaries.map(({ inferenceProfileId }) => inferenceProfileId);

describe('listProfiles', () => {
  it('has the profiles of a region, and their destinations', () => {
    const ids = idsOf(list('?maxResults=1000'));
    expect(ids).toContain('us.acme.new');
    expect(ids).toContain('global.anthropic.claude-sonnet-5');
    expect(ids.filter((id) => !/^(us|global)\./.test(id))).toEqual([]);
    expect(idsOf(list('?maxResults=1000', 'us-gov-west-1')).every((id) => id.startsWith('us-gov.'))).toBe(true);
    const found = list('?maxResults=1000').inferenceProfileSummaries.find(
      (one) => one.inferenceProfileId === 'us.acme.new',
    );
    expect(found?.models.map(({ modelArn }) => modelArn)).toContain(
      'arn:aws:bedrock:us-west-2::foundation-model/acme.new',
    );
  });

  it('has application profiles in a list of their own, in their region', () => {
    expect(list('?type=APPLICATION').inferenceProfileSummaries).toMatchObject([{ inferenceProfileArn: APPLICATION }]);
    expect(idsOf(list('?type=APPLICATION', 'eu-west-1'))).toEqual([]);
  });

  it('comes in pages that add up', () => {
    const all: string[] = [];
    let token: string | undefined;
    do {
      const page = list(`?maxResults=7${token === undefined ? '' : `&nextToken=${token}`}`);
      expect(page.inferenceProfileSummaries.length).toBeLessThanOrEqual(7);
      all.push(...idsOf(page));
      token = page.nextToken;
    } while (token !== undefined);
    expect(all).toEqual(idsOf(list('?maxResults=1000')));
  });

  it.each(['?type=OTHER', '?maxResults=0', '?maxResults=x', '?nextToken=-1'])('refuses %s', (query) =>
    expect(() => list(query)).toThrow(Refusal),
  );
});

it.each([
  ['GET', '/inference-profiles', true],
  ['GET', '/inference-profiles?type=APPLICATION', true],
  ['POST', '/inference-profiles', false],
  ['GET', '/inference-profiles/abc', false],
])('%s %s: %s', (method, target, is) => expect(isProfileList(method, target)).toBe(is));
