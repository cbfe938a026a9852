// Bedrock's CountTokens: the request of a Converse or an InvokeModel call, and the number of its tokens.
import type { TokenCount } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import { asBag, isAbsent, requiredBag } from '../field-reader.ts';
import type { CountCodec, Head } from '../protocol.ts';
import { decodeCounted } from './decode.ts';
import { encodeError } from './error.ts';
import { invalid } from './validation.ts';

type Counted = ReturnType<CountCodec['decode']>;

/** `decodeInvoked`: reads the body of an InvokeModel call, which is another protocol's. */
export function createCountCodec(decodeInvoked: (body: unknown, head: Head) => Counted): CountCodec {
  const decode = (body: unknown, head: Head): Counted => {
    const input = requiredBag(asBag(body, 'body'), 'input', '');
    if (!isAbsent(input.converse)) return decodeCounted(input.converse, head);
    if (isAbsent(input.invokeModel)) {
      throw invalid(
        'CountTokensInput object at input must set one of the following keys: invokeModel, converse.',
        'input',
      );
    }
    return decodeInvoked(bodyOf(requiredBag(input, 'invokeModel', 'input').body), head);
  };
  return {
    name: 'bedrock-converse',
    requestIdHeader: 'x-amzn-requestid',
    decode,
    encodeCount: ({ inputTokens }: TokenCount) => JSON.stringify({ inputTokens }),
    encodeError,
  };
}

/** A blob is base64 on the wire. */
function bodyOf(value: unknown): unknown {
  const field = 'input.invokeModel.body';
  if (typeof value !== 'string') throw invalid(`${field}: expected a base64 string`, field);
  try {
    return JSON.parse(Buffer.from(value, 'base64').toString('utf8'));
  } catch {
    // Nothing of the parser's own words: they quote what it read.
    throw new RouterError('invalid-request', 'Malformed input request, please reformat your input and try again.', {
      field,
    });
  }
}
