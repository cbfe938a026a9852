// What plugins and protocols share of the vendors' wire formats. No dependency.
export * from './bedrock-path.ts';
export * from './claude.ts';
export * from './converse.ts';
export * from './converse-citation.ts';
export * from './event-stream.ts';
export * from './messages-block.ts';
export * from './messages-citation.ts';
export * from './messages-text.ts';
export * from './redacted.ts';
export { decodePercent } from './signature.ts';
export * from './sigv4.ts';
export * from './stands-at.ts';
