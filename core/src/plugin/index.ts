// What plugins share on their way to a vendor and back: streams, bodies, failures of the network, names, losses.
export * from './add-up.ts';
export * from './answer-events.ts';
export * from './body.ts';
export * from './drain.ts';
export * from './flat-tools.ts';
export * from './free-text.ts';
export * from './input-schema.ts';
export * from './json.ts';
export * from './json-text.ts';
export * from './losses.ts';
export * from './model-member.ts';
export * from './names.ts';
export * from './network.ts';
export * from './sse.ts';
export * from './sse-frames.ts';
export * from './sse-relay.ts';
export * from './tool-setting.ts';
