// What a client that speaks Converse says in its own members of guardrail, tier, latency and metadata, as settings of ours.
import { isObject } from '@turnout/core/plugin';
import { type ClientSettings, type FieldName, readClientSettings } from './settings.ts';

type Json = Readonly<Record<string, unknown>>;

const NAMES: Readonly<Record<string, string>> = {
  guardrail: 'guardrailConfig',
  latency: 'performanceConfig',
  systemTools: 'toolConfig',
};

/** Converse's own name of a setting. */
export const converseField: FieldName = ([first = '']) => NAMES[String(first)] ?? String(first);

/** The members that an operator may overrule. */
export const OVERRULED = ['guardrailConfig', 'serviceTier', 'performanceConfig', 'requestMetadata'] as const;

/** The members besides that are read of a request that is not relayed. */
export const READ_MEMBERS = [...OVERRULED, 'additionalModelResponseFieldPaths', 'promptVariables'] as const;

/** The settings in a request's members. Throws RouterError `invalid-request` that names the member. */
export function readOverruled(members: Json): ClientSettings {
  const { guardrailConfig, serviceTier, performanceConfig, requestMetadata } = members;
  const bag: Record<string, unknown> = {};
  if (isSet(guardrailConfig)) bag.guardrail = readGuardrail(guardrailConfig);
  if (isSet(serviceTier)) bag.serviceTier = isObject(serviceTier) ? serviceTier.type : serviceTier;
  if (isSet(performanceConfig))
    bag.latency = isObject(performanceConfig) ? performanceConfig.latency : performanceConfig;
  if (isSet(requestMetadata)) bag.requestMetadata = requestMetadata;
  // Most requests say nothing of it.
  return Object.keys(bag).length === 0 ? {} : readClientSettings(withoutUnset(bag), converseField);
}

/** The same, with the members that Bedrock alone has a use for. */
export function readMembers(members: Json): ClientSettings {
  const { additionalModelResponseFieldPaths: pointers, promptVariables } = members;
  const bag: Record<string, unknown> = {};
  if (isSet(pointers)) bag.additionalModelResponseFieldPaths = pointers;
  if (isObject(promptVariables)) {
    bag.promptVariables = Object.fromEntries(
      Object.entries(promptVariables).map(([name, value]) => [name, isObject(value) ? value.text : value]),
    );
  }
  return { ...readOverruled(members), ...readClientSettings(bag, converseField) };
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;

function readGuardrail(config: unknown): unknown {
  if (!isObject(config)) return config;
  const { guardrailIdentifier: id, guardrailVersion: version, trace, streamProcessingMode: streamMode } = config;
  return withoutUnset({ id, version, trace, streamMode });
}

const withoutUnset = (bag: Json): Json => Object.fromEntries(Object.entries(bag).filter(([, value]) => isSet(value)));
