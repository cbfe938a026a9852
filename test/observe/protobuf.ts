// As much of protobuf's wire format as reading what a test has caught takes.

/** The values of one message by their field numbers: a number for a varint, bytes for all else. */
export type Message = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** Throws for what is no message. */
export function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const kinds: Readonly<Record<number, () => bigint | Buffer>> = {
      0: varint,
      1: () => take(8),
      2: () => take(Number(varint())),
      5: () => take(4),
    };
    const read = kinds[tag & 7];
    if (!read) throw new Error(`no such wire type: ${tag & 7}`);
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, values);
    values.push(read());
  }
  return fields;
}

export const bytesIn = (message: Message, field: number): Buffer[] =>
  (message.get(field) ?? []).filter((value) => typeof value !== 'bigint');

export const messagesIn = (message: Message, field: number): Message[] => bytesIn(message, field).map(readMessage);

export const textIn = (message: Message, field: number): string => bytesIn(message, field)[0]?.toString() ?? '';

export function numberIn(message: Message, field: number): number {
  const value = message.get(field)?.[0];
  return typeof value === 'bigint' ? Number(value) : 0;
}
