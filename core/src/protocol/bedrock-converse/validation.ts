// Bedrock's own words for what is wrong with a request, where they are known: clients show and match them.
import { RouterError } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import { type Bag, isAbsent, join, wrong } from '../field-reader.ts';

/** The error that Bedrock calls a ValidationException. */
export const invalid = (message: string, field: string): RouterError =>
  new RouterError('invalid-request', message, { field: field.slice(0, FIELD_LENGTH_MAX) });

const FIELD_LENGTH_MAX = 200;

/** A number within the bounds of the API model, refused in the service's words when it is outside. */
export function boundedNumber(bag: Bag, key: string, path: string, min: number, max?: number): number | undefined {
  const value = bag[key];
  if (isAbsent(value)) return undefined;
  const field = join(path, key);
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(field, 'expected a number');
  const bound =
    value < min
      ? `greater than or equal to ${min}`
      : max !== undefined && value > max
        ? `less than or equal to ${max}`
        : undefined;
  if (bound === undefined) return value;
  const problem = `Value '${value}' at '${field}' failed to satisfy constraint: Member must have value ${bound}`;
  throw invalid(`1 validation error detected: ${problem}`, field);
}

/** Notes the members of an object that are not among the known ones: AWS leaves them out as silently as it would. */
export function loseUnknown(bag: Bag, known: ReadonlySet<string>, decoding: Decoding): void {
  for (const key in bag) {
    if (!known.has(key) && !isAbsent(bag[key])) lose(decoding, key, 'dropped', 'Converse has no such member here');
  }
}
