// JSON of unknown shape.

export type Bag = Record<string, unknown>;

/** A JSON object: neither null nor an array. */
export const isObject = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of a list that has been found to be one. */
export const objectsIn = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** `null` is as good as absent. */
export const isUnset = (value: unknown): value is undefined | null => value === undefined || value === null;
