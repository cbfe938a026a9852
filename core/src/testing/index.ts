// What a provider's tests use.
export { testProvider } from './conformance.ts';
export * from './grammar.ts';
export { createTestHost, type TestHost } from './host.ts';
export * from './local/index.ts';
export type { Fixture, Subject, TestFunction } from './subject.ts';
export { type AskedRequest, type FakeUpstream, type Reply, startFakeUpstream } from './upstream.ts';
