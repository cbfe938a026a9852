// What plugins share on their way to a vendor and back: streams, bodies, failures of the network, names, losses.
export * from './body.ts';
export * from './free-text.ts';
export * from './losses.ts';
export * from './names.ts';
export * from './network.ts';
export * from './sse.ts';
