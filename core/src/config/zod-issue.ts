// One issue of a schema library to findings in our own words. zod's are told apart by kind; others keep their message.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { z } from 'zod';
import type { YamlPath } from './config.ts';
import { didYouMean } from './suggestion.ts';

export interface Finding {
  /** From the schema's value. */
  readonly path: YamlPath;
  /** `key`: the key itself is bad. `rule`: something about the whole value. `other`: the library does not say. */
  readonly kind: 'unknown-key' | 'missing' | 'key' | 'value' | 'rule' | 'other';
  readonly message: string;
  /** Written by the schema's author, so it may quote the value. */
  readonly foreign: boolean;
  /** A string was expected and something else was found. */
  readonly wantsText?: true;
  /** A map was expected and a string was found. */
  readonly wantsMap?: true;
}

type ZodIssue = z.core.$ZodIssue;
type Segment = string | number;

const CODES = new Set([
  'invalid_type',
  'too_big',
  'too_small',
  'invalid_format',
  'not_multiple_of',
  'unrecognized_keys',
  'invalid_union',
  'invalid_key',
  'invalid_element',
  'invalid_value',
  'custom',
]);
/** How zod's own messages start. Any other text was written for this schema and says more. */
const GENERATED =
  /^(?:Invalid (?:input|option|key|element|discriminator)|Too (?:small|big):|Unrecognized key|Invalid number: must be a multiple)/;

const isZodIssue = (issue: StandardSchemaV1.Issue): issue is StandardSchemaV1.Issue & ZodIssue =>
  'code' in issue && CODES.has(String(issue.code)) && Array.isArray(issue.path);

const segmentsOf = (path: StandardSchemaV1.Issue['path']): Segment[] =>
  (path ?? []).map((part) => {
    const key = typeof part === 'object' ? part.key : part;
    return typeof key === 'symbol' ? String(key) : key;
  });

/** What an issue means, given the value that was validated. */
export function findingsOf(issue: StandardSchemaV1.Issue, value: unknown): Finding[] {
  if (isZodIssue(issue)) return flatten(issue, [], value);
  return [{ path: segmentsOf(issue.path), kind: 'other', message: issue.message, foreign: true }];
}

function flatten(issue: ZodIssue, base: readonly Segment[], value: unknown): Finding[] {
  const path = [...base, ...segmentsOf(issue.path)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      kind: 'unknown-key',
      message: 'unknown key',
      foreign: false,
    }));
  }
  const actual = valueAt(value, path);
  const missing = !actual.exists && path.length > 0;
  if (!GENERATED.test(issue.message) && issue.code !== 'invalid_union') {
    const kind = issue.code === 'custom' ? (issue.params?.at === 'key' ? 'key' : 'rule') : 'value';
    return [{ path, kind: missing ? 'missing' : kind, message: decapitalised(issue.message), foreign: true }];
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && !missing) {
    return unionFindings(issue.errors, path, value, actual.value);
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    return [{ path, kind: 'key', message: decapitalised(message), foreign: true }];
  }
  const expected = expectationOf([issue]);
  if (expected === undefined) {
    return [{ path, kind: missing ? 'missing' : 'value', message: decapitalised(issue.message), foreign: true }];
  }
  return [
    missing
      ? missingFinding(path, expected)
      : valueFinding(path, expected, actual.value, issue.code === 'invalid_type'),
  ];
}

const missingFinding = (path: YamlPath, expected: Expectation): Finding => ({
  path,
  kind: 'missing',
  message: `missing, expected ${expected.text}`,
  foreign: false,
});

function valueFinding(path: YamlPath, expected: Expectation, actual: unknown, sayType: boolean): Finding {
  const suggestion = typeof actual === 'string' ? didYouMean(actual, expected.words) : '';
  const got = sayType ? `, got ${typeName(actual)}` : '';
  const message = `expected ${expected.text}${suggestion === '' ? got : suggestion}`;
  const wantsText = expected.wantsText && typeof actual !== 'string';
  const wantsMap = expected.wantsMap && typeof actual === 'string';
  return {
    path,
    kind: 'value',
    message,
    foreign: false,
    ...(wantsText && { wantsText }),
    ...(wantsMap && { wantsMap }),
  };
}

/** Of a union, the branch that was meant: the one that takes a value of this type and finds least fault with it. */
function unionFindings(
  branches: readonly (readonly ZodIssue[])[],
  path: readonly Segment[],
  value: unknown,
  actual: unknown,
): Finding[] {
  const ofRoot = (issue: ZodIssue): boolean => issue.path.length === 0;
  const fitting = branches.filter((issues) => !issues.some((issue) => ofRoot(issue) && issue.code === 'invalid_type'));
  const deep = fitting.filter((issues) => !issues.every((issue) => ofRoot(issue) && issue.code === 'invalid_value'));
  const [meant] = deep.toSorted((a, b) => faults(a) - faults(b));
  if (meant !== undefined) return meant.flatMap((issue) => flatten(issue, path, value));
  const expected = expectationOf(branches.flatMap((issues) => issues.filter(ofRoot)));
  if (expected === undefined)
    return [{ path, kind: 'value', message: 'not a value that is allowed here', foreign: false }];
  return [valueFinding(path, expected, actual, fitting.length === 0)];
}

/** A key that the branch does not know, or lacks, weighs more than a bad value: it was probably not meant. */
const faults = (issues: readonly ZodIssue[]): number =>
  issues.reduce(
    (sum, issue) =>
      sum + (issue.code === 'unrecognized_keys' ? 2 * issue.keys.length : issue.code === 'invalid_type' ? 2 : 1),
    0,
  );

interface Expectation {
  readonly text: string;
  /** The words among which a misspelt one may be found. */
  readonly words: readonly string[];
  readonly wantsText: boolean;
  readonly wantsMap: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  object: 'a map',
  record: 'a map',
  map: 'a map',
  array: 'a list',
  tuple: 'a list',
  null: 'nothing',
};

/** Undefined when the issues do not say what was expected. */
function expectationOf(issues: readonly ZodIssue[]): Expectation | undefined {
  const words: string[] = [];
  const phrases: string[] = [];
  let wantsText = false;
  for (const issue of issues) {
    if (issue.code === 'invalid_value') words.push(...issue.values.map(String));
    else if (issue.code === 'invalid_union') words.push(...optionsOf(issue));
    else if (issue.code === 'invalid_type' && issue.expected === 'boolean') words.push('true', 'false');
    else {
      const phrase = phraseOf(issue);
      if (phrase !== undefined) phrases.push(phrase);
      wantsText ||= issue.code === 'invalid_type' && issue.expected === 'string';
    }
  }
  const unique = [...new Set(words)];
  const listed =
    unique.length === 1
      ? `"${unique[0]}"`
      : unique.join() === 'true,false'
        ? 'true or false'
        : `one of ${unique.join(', ')}`;
  const all = [...new Set([...(unique.length > 0 ? [listed] : []), ...phrases])];
  return all.length === 0
    ? undefined
    : { text: all.join(' or '), words: unique, wantsText, wantsMap: phrases.includes('a map') };
}

/** The values of the key that chooses a branch. */
const optionsOf = (issue: ZodIssue): string[] =>
  'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];

function phraseOf(issue: ZodIssue): string | undefined {
  if (!GENERATED.test(issue.message)) return issue.message.replace(/^expected /i, '');
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? `a ${issue.expected}`;
    case 'too_small':
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

function unitOf(origin: string, count: number | bigint): string {
  const plural = Number(count) === 1 ? '' : 's';
  if (origin === 'string') return ` character${plural}`;
  if (origin === 'array' || origin === 'set') return ` item${plural}`;
  return origin === 'object' || origin === 'record' || origin === 'map' ? ` entr${plural === '' ? 'y' : 'ies'}` : '';
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return typeof value === 'boolean' ? String(value) : `a ${typeof value}`;
}

function valueAt(value: unknown, path: readonly Segment[]): { exists: boolean; value: unknown } {
  let here = value;
  for (const segment of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, segment))
      return { exists: false, value: undefined };
    here = Reflect.get(here, segment);
  }
  return { exists: true, value: here };
}

const decapitalised = (message: string): string =>
  /^[A-Z][a-z]/.test(message) ? message.charAt(0).toLowerCase() + message.slice(1) : message;
