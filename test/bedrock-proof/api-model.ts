// A validator of JSON bodies against AWS's own API model (botocore's service-2.json), whatever the shape.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('../../../shared/corpus/aws-model/botocore-service-2.json', import.meta.url));

/** False on a machine without the corpus: third-party data, never part of the repository. */
export const hasApiModel = existsSync(FILE);

/** The keywords of the model that say something about a value's JSON. */
interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, { readonly shape: string; readonly location?: string }>>;
  readonly required?: readonly string[];
  readonly member?: { readonly shape: string };
  readonly key?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly union?: boolean;
  readonly document?: boolean;
}

// The README of the corpus says what the file is.
const shapes: Readonly<Record<string, Shape>> = hasApiModel ? JSON.parse(readFileSync(FILE, 'utf8')).shapes : {};

/** What the API model finds wrong with a request body, each with its path. Empty without the corpus. */
export function findModelFaults(body: unknown, shape = 'ConverseRequest'): string[] {
  const faults: string[] = [];
  if (hasApiModel) check(shape, body, '', faults);
  return faults;
}

function check(name: string, value: unknown, path: string, faults: string[]): void {
  const shape = shapes[name];
  if (shape === undefined) throw new Error(`the API model has no shape ${name}`);
  const fault = (text: string): void => {
    faults.push(`${path || '/'} (${name}): ${text}`);
  };
  switch (shape.type) {
    case 'structure':
      // A document is JSON of any kind.
      if (shape.document !== true) checkStructure(shape, value, path, faults, fault);
      return;
    case 'list':
      if (!Array.isArray(value)) fault('is not a list');
      else {
        checkRange(shape, value.length, 'items', fault);
        for (const [index, item] of value.entries()) check(shape.member?.shape ?? '', item, `${path}/${index}`, faults);
      }
      return;
    case 'map':
      if (!isObject(value)) fault('is not a map');
      else {
        checkRange(shape, Object.keys(value).length, 'entries', fault);
        for (const [key, item] of Object.entries(value)) {
          check(shape.key?.shape ?? '', key, `${path}/${key} (the key)`, faults);
          check(shape.value?.shape ?? '', item, `${path}/${key}`, faults);
        }
      }
      return;
    default:
      checkScalar(shape, value, fault);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkStructure(
  shape: Shape,
  value: unknown,
  path: string,
  faults: string[],
  fault: (text: string) => void,
): void {
  if (!isObject(value)) {
    fault('is not an object');
    return;
  }
  const members = Object.entries(shape.members ?? {}).filter(([, { location }]) => location === undefined);
  const inBody = new Map(members);
  const given = Object.entries(value).filter(([, item]) => item !== undefined);
  if (shape.union && given.length !== 1) fault(`a union has one member, this one ${given.length}`);
  for (const name of shape.required ?? []) {
    if (inBody.has(name) && value[name] === undefined) fault(`${name} is missing`);
  }
  for (const [name, item] of given) {
    const member = inBody.get(name);
    if (member === undefined) fault(`has no member ${name}`);
    else check(member.shape, item, `${path}/${name}`, faults);
  }
}

function checkScalar(shape: Shape, value: unknown, fault: (text: string) => void): void {
  switch (shape.type) {
    case 'string':
      if (typeof value !== 'string') fault('is not a string');
      else {
        if (shape.enum !== undefined && !shape.enum.includes(value)) fault(`${value} is none of ${shape.enum}`);
        checkRange(shape, [...value].length, 'characters', fault);
        if (shape.pattern !== undefined && !patternOf(shape.pattern).test(value))
          fault(`does not match ${shape.pattern}`);
      }
      return;
    case 'blob': {
      const isBase64 = typeof value === 'string' && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
      if (isBase64) checkRange(shape, Buffer.byteLength(value, 'base64'), 'bytes', fault);
      else fault('is not base64');
      return;
    }
    case 'boolean':
      if (typeof value !== 'boolean') fault('is not a boolean');
      return;
    case 'integer':
    case 'long':
      if (!Number.isSafeInteger(value)) fault('is not an integer');
      else checkRange(shape, Number(value), '', fault);
      return;
    case 'float':
    case 'double':
      if (typeof value !== 'number') fault('is not a number');
      else checkRange(shape, value, '', fault);
      return;
    default:
      throw new Error(`the API model has a type that is not known here: ${shape.type}`);
  }
}

const patterns = new Map<string, RegExp>();

/** AWS's patterns match the whole value. Dots match new lines in them. */
function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const compiled = new RegExp(`^(?:${pattern})$`, 's');
  patterns.set(pattern, compiled);
  return compiled;
}

function checkRange({ min, max }: Shape, size: number, unit: string, fault: (text: string) => void): void {
  if (min !== undefined && size < min) fault(`${size} ${unit} is less than ${min}`);
  if (max !== undefined && size > max) fault(`${size} ${unit} is more than ${max}`);
}
