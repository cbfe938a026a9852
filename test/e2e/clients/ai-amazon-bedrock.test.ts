// The AI SDK with its package for Bedrock: Converse over HTTP/1.1, signed or with a bearer key.
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { describe } from 'vitest';
import { proveAi } from './ai.ts';
import { ACCESS_KEY_ID } from './stage.ts';

describe.each(['SigV4', 'bearer'])('%s', (auth) => {
  proveAi(
    ({ url, key, model }) => {
      const who = auth === 'SigV4' ? { accessKeyId: ACCESS_KEY_ID, secretAccessKey: key } : { apiKey: key };
      return createAmazonBedrock({ baseURL: url, region: 'us-east-1', ...who })(model);
    },
    { wrongKey: 403 },
  );
});
