// Signs thinking so that it can be told, when a client sends it back, whether it is ours and unchanged.
import { createHmac } from 'node:crypto';

const MARK = 'anthropic-local:';
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const mac = (text: string): string => createHmac('sha256', MARK).update(text).digest('base64');

export const sign = (thinking: string): string => Buffer.from(`${MARK}${mac(thinking)}`).toString('base64');

/** Whether it could be Anthropic's. Of one that was made here it is known. */
export function verify(thinking: string, signature: string): boolean {
  if (!BASE64.test(signature)) return false;
  const text = Buffer.from(signature, 'base64').toString('latin1');
  return !text.startsWith(MARK) || text === `${MARK}${mac(thinking)}`;
}

/** Thinking that its reader cannot read. */
export const redact = (thinking: string): string =>
  Buffer.from(Buffer.from(`${MARK}${thinking}`).map((byte) => byte ^ 0x5a)).toString('base64');

export const isRedacted = (data: unknown): boolean => typeof data === 'string' && BASE64.test(data);
