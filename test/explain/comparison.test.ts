// `check --diff`: what goes another way by a new file than by the old one, and nothing else.
import { expect, test } from 'vitest';
import { formatComparison } from '../../core/src/cli/diff.ts';
import { compare } from '../../core/src/server/index.ts';
import { load } from './subject.ts';

const OLD = `keys:
  - { name: team-a, key: "key-of-team-a", models: ["claude*", old] }
  - { name: leaver, key: "key-of-leaver" }
providers:
  aws: { plugin: bedrock, region: us-east-1, auth: { mode: keys, accessKeyId: a, secretAccessKey: old-secret } }
  openai: { apiKey: old-api-key, timeout: { connect: 3s } }
routes:
  claude: { targets: [aws/anthropic.claude-sonnet-5, openai/gpt-4o], reasoning: { budget: 8192 } }
  mixed: { strategy: weighted, targets: [{ target: openai/gpt-4o, weight: 3 }, { target: aws/amazon.nova-pro-v1:0 }] }
  old: openai/gpt-4o
  kept: openai/gpt-4.1
  "gpt-*": openai/gpt-*
direct: false
`;
const NEW = `keys:
  - { name: team-a, key: "key-of-team-a", models: ["claude*", mixed], limits: { rpm: 60 } }
  - { name: joiner, key: "key-of-joiner" }
providers:
  aws: { plugin: bedrock, region: us-east-1, crossRegion: geo, auth: { mode: keys, accessKeyId: a, secretAccessKey: new-secret } }
  openai: { apiKey: new-api-key, timeout: { connect: 5s } }
routes:
  claude: { targets: [openai/gpt-4o, aws/anthropic.claude-sonnet-5], reasoning: { effort: high } }
  mixed: { strategy: weighted, targets: [{ target: openai/gpt-4o, weight: 1 }, { target: aws/amazon.nova-pro-v1:0 }], onContextOverflow: [openai/gpt-4.1] }
  new: openai/gpt-4o
  kept: openai/gpt-4.1
  "*": openai/*
  "gpt-*": aws/amazon.*
direct: false
`;

test('names, keys and settings, in words', async () => {
  const comparison = compare(await load(OLD), await load(NEW));
  const text = formatComparison(comparison, 'old.yaml');
  expect(text).toMatchInlineSnapshot(`
    "~ claude
        order:
          - aws/anthropic.claude-sonnet-5, then openai/gpt-4o
          + openai/gpt-4o, then aws/anthropic.claude-sonnet-5
        openai/gpt-4o sets reasoning: {"budget":8192} → {"effort":"high"}
        aws/anthropic.claude-sonnet-5 model: anthropic.claude-sonnet-5 → us.anthropic.claude-sonnet-5
        aws/anthropic.claude-sonnet-5 profile: + us
        aws/anthropic.claude-sonnet-5 reasoning:
          - adaptive, effort medium (from budget 8192)
          + adaptive, effort high
        aws/anthropic.claude-sonnet-5 sets reasoning: {"budget":8192} → {"effort":"high"}
        aws/anthropic.claude-sonnet-5 losses: - reasoning_effort approximated
    ~ mixed
        order:
          - weighted: 75% openai/gpt-4o, 25% aws/amazon.nova-pro-v1:0
          + weighted: 50% openai/gpt-4o, 50% aws/amazon.nova-pro-v1:0; when too long: openai/gpt-4.1
        aws/amazon.nova-pro-v1:0 model: amazon.nova-pro-v1:0 → us.amazon.nova-pro-v1:0
        aws/amazon.nova-pro-v1:0 profile: + us
    + new, added
        order: + openai/gpt-4o
    + *, added
        order: + openai/*
    ~ old
        order: openai/gpt-4o → openai/old
    ~ key team-a
        models: claude*, old → claude*, mixed
        rpm: + 60
        may use: + mixed
        may use: - old
    + key joiner, added
    - key leaver, removed
    for all
        providers.aws.crossRegion: changed
        providers.aws.auth: changed
        providers.openai.apiKey: changed
        providers.openai.timeout: changed

    5 names of 7 would be routed in another way than by old.yaml"
  `);
  expect(text).not.toMatch(/secret-|new-api-key|old-api-key|new-secret|old-secret/);
  expect(JSON.stringify(comparison)).not.toMatch(/new-api-key|old-api-key|new-secret|old-secret/);
});

test('the same file twice: nothing', async () => {
  const comparison = compare(await load(OLD), await load(OLD));
  expect(comparison).toEqual({ names: [], keys: [], settings: [], unchanged: 5 });
  expect(formatComparison(comparison, 'old.yaml')).toBe(
    'the same as old.yaml: 5 names, and nothing is routed in another way',
  );
});

test('another order of keys, other names of the same thing, and comments are no change', async () => {
  const twin = OLD.replace(
    '{ apiKey: old-api-key, timeout: { connect: 3s } }',
    '{ timeout: { connect: 3000ms }, apiKey: old-api-key }',
  );
  expect(compare(await load(OLD), await load(`# a comment\n${twin}`))).toMatchObject({
    names: [],
    keys: [],
    settings: [],
  });
});
