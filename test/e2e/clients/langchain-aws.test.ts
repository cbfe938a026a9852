// LangChain with its integration of Bedrock, which takes a client because its own is always https.
import { ChatBedrockConverse } from '@langchain/aws';
import { clientOf, FAILURES } from './aws.ts';
import { proveLangchain } from './langchain.ts';

proveLangchain(
  (ask) =>
    new ChatBedrockConverse({
      model: ask.model,
      region: 'us-east-1',
      maxRetries: 0,
      client: clientOf(ask, 'SigV4', 'HTTP/1.1'),
    }),
  FAILURES,
);
