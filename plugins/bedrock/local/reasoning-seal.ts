// Seals reasoning so that it can be told, when a client sends it back, whether it is ours and unchanged.
import { createHmac } from 'node:crypto';

export interface ReasoningSeal {
  /** The signature of a reasoning text. */
  sign(text: string): string;
  /** Whether a signature is ours, and for this text. */
  verify(text: string, signature: string): boolean;
  /** Reasoning that its reader cannot read: the `data` of a Claude body. */
  redact(text: string): string;
  /** Whether such data is ours and unchanged. */
  verifyRedacted(content: string): boolean;
}

const MAC_BYTES = 32;

/** The data of a Claude body as Converse has it: its text as bytes, which JSON writes in base64. */
export const toRedactedContent = (data: string): string => Buffer.from(data, 'utf8').toString('base64');

export const fromRedactedContent = (content: string): string => Buffer.from(content, 'base64').toString('utf8');

/** The same secret makes the same seals, so what one process sealed another accepts. */
export function createSeal(secret = 'bedrock-local'): ReasoningSeal {
  const mac = (kind: string, content: string | Buffer): Buffer =>
    createHmac('sha256', secret).update(kind).update('\0').update(content).digest();
  return {
    sign: (text) => mac('text', text).toString('base64'),
    verify: (text, signature) => mac('text', text).toString('base64') === signature,
    redact(text) {
      // Not hidden from a determined reader: it only has to be opaque to the client's code.
      const content = Buffer.from(text, 'utf8').map((byte) => byte ^ 0x5a);
      return Buffer.concat([mac('redacted', Buffer.from(content)), content]).toString('base64');
    },
    verifyRedacted(content) {
      const bytes = Buffer.from(content, 'base64');
      return mac('redacted', bytes.subarray(MAC_BYTES)).equals(bytes.subarray(0, MAC_BYTES));
    },
  };
}
