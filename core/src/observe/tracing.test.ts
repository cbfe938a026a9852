// What the environment asks for.
import { expect, test } from 'vitest';
import { SILENT } from './log.ts';
import { readTraceparent, startTracing } from './tracing.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

test.each([
  [{}, false],
  [{ OTEL_SERVICE_NAME: 'router' }, false],
  [ENDPOINT, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9/v1/traces' }, true],
  [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'True' }, false],
  [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'no' }, true],
  [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, false],
  [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: '' }, true],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
  [{ OTEL_TRACES_EXPORTER: 'console, otlp' }, true],
])('%j: %s', async (env, wanted) => {
  const tracing = await startTracing(SILENT, env);
  expect(tracing !== undefined).toBe(wanted);
  await tracing?.close();
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test.each([
  [undefined, undefined],
  ['', undefined],
  [`00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, traceFlags: 1 }],
  [`01-${TRACE}-${SPAN}-00-later`, { traceId: TRACE, spanId: SPAN, traceFlags: 0 }],
  [`ff-${TRACE}-${SPAN}-01`, undefined],
  [`00-${'0'.repeat(32)}-${SPAN}-01`, undefined],
  [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
  [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  [`x00-${TRACE}-${SPAN}-01`, undefined],
])('traceparent %s', (text, parent) => {
  expect(readTraceparent(text)).toEqual(parent);
});
