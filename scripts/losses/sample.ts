// One sample for each field of each protocol: what the table of losses is made of.

/** A field of a request, and the members that set it. They are put on top of the protocol's plain request. */
export interface Sample {
  /** As a reader of the protocol's reference knows it. */
  readonly field: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ProtocolSamples {
  readonly title: string;
  readonly plain: Readonly<Record<string, unknown>>;
  readonly samples: readonly Sample[];
}

/** The smallest of its kind, or nearly. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const PDF = Buffer.from('%PDF-1.4\n%%EOF\n').toString('base64');
export const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
/** What OpenAI asks of a schema that is to be strict. */
export const STRICT_SCHEMA = { ...SCHEMA, additionalProperties: false };

/** A sample whose field is set directly. */
export const sets = (field: string, value: unknown): Sample => ({ field, body: { [field]: value } });
