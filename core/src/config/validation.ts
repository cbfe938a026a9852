// A schema library's issues to problems with places: what was meant inside a union, what is only a consequence, what is near.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { YamlPath } from './config.ts';
import type { JsonSchema } from './schema-keys.ts';
import { isRecord, knownAt } from './schema-keys.ts';
import { didYouMean } from './suggestion.ts';
import type { Place, Problem } from './tree.ts';
import { hasBroken, locate, parentSpan, valueSpan } from './tree.ts';
import type { Finding } from './zod-issue.ts';
import { findingsOf } from './zod-issue.ts';

export interface Subject {
  /** The whole file. */
  readonly root: Place;
  /** Where in the file the schema's value stands. */
  readonly base: YamlPath;
  /** What was validated. */
  readonly value: unknown;
  readonly schema: JsonSchema | undefined;
  /** Keys that may stand at a place, a path from `base`, besides the schema's own. */
  siblings(path: YamlPath): readonly string[];
  /** Applied to messages that the schema's author wrote. */
  redact(message: string): string;
}

/** The problems that a schema's issues mean. Leaves out what follows from an earlier problem. */
export function problemsOf(issues: readonly StandardSchemaV1.Issue[], subject: Subject): Problem[] {
  const findings = issues.flatMap((issue) => findingsOf(issue, subject.value));
  const unknown = findings.flatMap((finding) => unknownKey(finding, subject) ?? []);
  const others = findings.filter((finding) => unknownKey(finding, subject) === undefined);
  return [
    ...unknown.map(({ problem }) => problem),
    ...others.flatMap((finding) => (followsFrom(finding, unknown) ? [] : placed(finding, subject))),
  ];
}

interface UnknownKey {
  readonly problem: Problem;
  readonly parent: string;
  /** The key that was meant. */
  readonly meant: boolean;
}

/** Undefined when the finding is about something else. */
function unknownKey(finding: Finding, subject: Subject): UnknownKey | undefined {
  const key = finding.path.at(-1);
  if (typeof key !== 'string') return undefined;
  const parent = finding.path.slice(0, -1);
  const known = knownAt(subject.schema, parent, subject.value);
  const candidates = [...(known.keys ?? []), ...subject.siblings(parent)];
  const located = locate(subject.root, [...subject.base, ...finding.path]);
  // Libraries that do not name the kind of an issue report an unknown key at its own path.
  const isUnknown = finding.kind === 'unknown-key' || (finding.kind === 'other' && known.keys?.includes(key) === false);
  if (!isUnknown || located.entry?.key !== key) return undefined;
  const branch = known.branch === undefined ? '' : ` with ${known.branch}`;
  const suggestion = didYouMean(key, candidates);
  const problem: Problem = {
    span: located.entry.keySpan,
    path: [...subject.base, ...finding.path],
    message: `unknown key${branch}${suggestion}`,
  };
  return { problem, parent: parent.join('\0'), meant: suggestion !== '' };
}

/** A key that is missing, or a rule over a map that is broken, only because a key is misspelt. */
function followsFrom(finding: Finding, unknown: readonly UnknownKey[]): boolean {
  if (finding.kind === 'value') return false;
  const about = finding.kind === 'missing' ? finding.path.slice(0, -1) : finding.path;
  return unknown.some((key) => key.meant && key.parent === about.join('\0'));
}

function placed(finding: Finding, subject: Subject): Problem[] {
  const path = [...subject.base, ...finding.path];
  const located = locate(subject.root, path);
  if (located.broken) return [];
  const exists = located.depth === path.length;
  if (exists && finding.kind !== 'key' && located.place.kind !== 'scalar' && hasBroken(located.place)) return [];
  const { branch } = knownAt(subject.schema, finding.path.slice(0, -1), subject.value);
  const suffix = branch === undefined ? '' : ` (${branch})`;
  const written = finding.foreign ? subject.redact(finding.message) : finding.message;
  if (!exists) return [{ span: parentSpan(subject.root, path), path, message: written + suffix }];
  const span = finding.kind === 'key' && located.entry !== undefined ? located.entry.keySpan : valueSpan(located);
  return [{ span, path, message: written + hint(finding, located.place) + suffix }];
}

/** Why a value that looks right is none. */
function hint(finding: Finding, place: Place): string {
  if (place.kind !== 'scalar') return '';
  if (finding.wantsMap === true) return spaceHint(place);
  if (finding.wantsText !== true) return '';
  if (place.value === null) return place.foreign.length > 0 ? ': the variable is empty' : '';
  return place.plain ? '; quote it' : '';
}

/** For a map that is a text because of `key:value`. */
export const spaceHint = (place: Place): string =>
  place.kind === 'scalar' && place.plain && typeof place.value === 'string' && /^[\w-]+:\S/.test(place.value)
    ? '; a space is missing after ":"'
    : '';

/** A schema's result; a schema that throws is turned into its message. */
export async function validate(schema: StandardSchemaV1, value: unknown) {
  try {
    const result: unknown = await schema['~standard'].validate(value);
    return isResult(result) ? result : { message: 'its schema answers with neither a value nor issues' };
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
}

/** The schema may be anybody's. */
function isResult(result: unknown): result is StandardSchemaV1.Result<unknown> {
  if (!isRecord(result)) return false;
  const { issues } = result;
  if (issues === undefined) return true;
  return Array.isArray(issues) && issues.length > 0 && issues.every((issue) => typeof issue?.message === 'string');
}
