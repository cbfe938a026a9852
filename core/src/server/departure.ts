// From a protocol's decoded request to what a journey starts from.
import type { Decoded, Head, ProtocolCodec } from '../protocol/protocol.ts';
import type { Departure } from './journey.ts';

/** `body`: what was decoded, for targets that relay it. */
export function departureOf<Echo>(
  codec: ProtocolCodec<Echo>,
  { request, stream, losses, echo, relayOnly }: Decoded<Echo>,
  body: unknown,
  { headers }: Pick<Head, 'headers'>,
): Departure {
  const fieldName = (field: string) => codec.fieldName(field, echo);
  const only = relayOnly === undefined ? {} : { relayOnly };
  return { request, stream, protocol: codec.name, fieldName, decodeLosses: losses, body, headers, ...only };
}
