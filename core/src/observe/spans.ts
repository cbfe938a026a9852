// The spans of a request: one for the router, one for each upstream try, by OpenTelemetry's conventions for generative AI (2026-11).
// Made from the record once the request has ended, so that each begins and ends exactly once. Loaded only when traces are asked for.
import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Try } from '../attempt/index.ts';
import type { ErrorCode, Logger } from '../contract/index.ts';
import { lossesOf, tellable } from './line.ts';
import { splitTarget } from './names.ts';
import { endOf, failureOf } from './outcome.ts';
import type { RequestRecord } from './record.ts';
import { inputOf, type Providers, vendorOf } from './request-totals.ts';
import { createPipeline } from './span-pipeline.ts';
import { readTraceparent, type Tracing } from './tracing.ts';

/** Throws what OpenTelemetry throws for an environment that it cannot read. */
export function createTracing(log: Logger, env: Readonly<Record<string, string | undefined>>): Tracing {
  const { tracer, close } = createPipeline(log, env);
  return { trace: (record, providers) => traceRequest(tracer, record, providers), close };
}

function traceRequest(tracer: Tracer, record: RequestRecord, providers: Providers): string {
  const { operation, startMs, totalMs = 0, error, tries } = record;
  // The clock of the spans is that of the machine as it is now.
  const epochMs = Date.now() - performance.now();
  const endMs = startMs + totalMs;
  const span = tracer.startSpan(
    // A name that leads nowhere is in no span's name: there is no end of those.
    nameOf(operation, record.route ?? (tries.length > 0 ? record.model : undefined)),
    { kind: SpanKind.SERVER, startTime: epochMs + record.arrivedMs, attributes: attributesOf(record, providers) },
    parentOf(record),
  );
  // What is wrong with a request is no fault of the server that says so.
  if (error && error.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: tellable(error) });
  const inside = trace.setSpan(ROOT_CONTEXT, span);
  for (const [position, one] of tries.entries()) {
    const code = failureOf(record, position);
    const call = tracer.startSpan(
      nameOf(operation, splitTarget(one.target).model),
      { kind: SpanKind.CLIENT, startTime: epochMs + one.startMs, attributes: readTry(one, record, providers, code) },
      inside,
    );
    const failure = one.error ?? error;
    if (code !== undefined)
      call.setStatus({ code: SpanStatusCode.ERROR, ...(failure && { message: tellable(failure) }) });
    call.end(epochMs + endOf(record, position));
  }
  span.end(epochMs + Math.max(endMs, record.arrivedMs));
  return span.spanContext().traceId;
}

/** Names are cut as in the log; what clients made up beyond that is no name. */
const nameOf = (operation: string, subject: string | undefined): string =>
  subject === undefined ? operation : `${operation} ${subject.slice(0, 128)}`;

function parentOf({ trace: told }: RequestRecord): Context {
  const parent = readTraceparent(told?.parent);
  if (parent === undefined) return ROOT_CONTEXT;
  const state = told?.state === undefined ? {} : { traceState: createTraceState(told.state) };
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true, ...state });
}

/** Of the router's own span. Members that are undefined are left out by the SDK. */
function attributesOf(record: RequestRecord, providers: Providers): Attributes {
  const { target, model, stream, error, usage, firstTokenMs, losses } = record;
  const answering = target === undefined ? undefined : splitTarget(target);
  return {
    'gen_ai.operation.name': record.operation,
    'gen_ai.provider.name': answering && vendorOf(providers, answering.provider),
    'gen_ai.request.model': model?.slice(0, 512),
    'gen_ai.request.stream': stream,
    'gen_ai.response.model': answering?.model,
    'gen_ai.response.finish_reasons': record.finish === undefined ? undefined : [record.finish.slice(0, 128)],
    'gen_ai.response.time_to_first_chunk': firstTokenMs === undefined ? undefined : firstTokenMs / 1e3,
    ...usageOf(usage),
    'http.response.status_code': record.status,
    'error.type': error?.code,
    'turnout.request.id': record.id,
    'turnout.protocol': record.protocol,
    'turnout.key': record.key,
    'turnout.route': record.route,
    'turnout.target': target,
    'turnout.relayed': record.relayed,
    'turnout.overhead_ms': record.overheadMs,
    'turnout.cost_usd': record.costUsd,
    'turnout.losses':
      losses.length === 0 ? undefined : lossesOf(losses).map(({ field, action }) => `${field}:${action}`),
  };
}

/** `code`: why it failed, if it did. */
function readTry(one: Try, record: RequestRecord, providers: Providers, code: ErrorCode | undefined): Attributes {
  const { provider, member, model } = splitTarget(one.target);
  const { status, name, requestId } = (one.error ?? (code && record.error))?.upstream ?? {};
  return {
    'gen_ai.operation.name': record.operation,
    'gen_ai.provider.name': vendorOf(providers, provider),
    'gen_ai.request.model': model,
    'gen_ai.request.stream': record.stream,
    ...usageOf(one.error ? one.error.usage : record.usage),
    'http.response.status_code': status,
    'error.type': code,
    'turnout.provider': provider,
    'turnout.member': member,
    'turnout.wait_ms': one.waitMs,
    'turnout.upstream.error': name?.slice(0, 128),
    'turnout.upstream.request_id': requestId?.slice(0, 128),
  };
}

function usageOf(usage: RequestRecord['usage']): Attributes {
  if (usage === undefined) return {};
  return {
    'gen_ai.usage.input_tokens': inputOf(usage),
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': usage.cacheWriteTokens,
    'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens,
  };
}
