// The JSON of Google's Gemini API (v1beta), as far as this plugin writes and reads it. Source: the types of the `@google/genai`
// package 2.18 (2026-08) and ai.google.dev/api/generate-content (2026-11); not tried against Google.

/** Bytes are base64. */
export interface Blob {
  readonly mimeType: string;
  readonly data: string;
}

export interface FunctionCall {
  readonly id?: string;
  readonly name: string;
  readonly args: Bag;
}

export interface FunctionResponse {
  readonly id?: string;
  readonly name: string;
  readonly response: Bag;
  /** Media of the result (Gemini 3). */
  readonly parts?: readonly { readonly inlineData: Blob }[];
}

/** Exactly one of the members besides `thought` and `thoughtSignature`. */
export interface WirePart {
  readonly text?: string;
  readonly inlineData?: Blob;
  readonly functionCall?: FunctionCall;
  readonly functionResponse?: FunctionResponse;
  readonly executableCode?: Bag;
  readonly codeExecutionResult?: Bag;
  readonly toolCall?: Bag;
  readonly toolResponse?: Bag;
  readonly thought?: true;
  /** Opaque; base64 in everything that Google makes. */
  readonly thoughtSignature?: string;
}

export interface Content {
  readonly role: 'user' | 'model';
  readonly parts: readonly WirePart[];
}

/** The body of `generateContent` and `streamGenerateContent`. The model stands in the path. */
export interface GenerateBody {
  readonly contents: readonly Content[];
  readonly systemInstruction?: { readonly parts: readonly WirePart[] };
  readonly tools?: readonly Bag[];
  readonly toolConfig?: Bag;
  readonly safetySettings?: readonly Bag[];
  readonly generationConfig?: Bag;
}

/** A member that anybody may have filled with anything: each one is checked where it is read. */
export type Bag = Readonly<Record<string, unknown>>;

/** A plain object. */
export const isBag = (value: unknown): value is Bag =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects of a list; none where it is no list. */
export const bagsIn = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.filter(isBag) : []);

/** A string that says something. */
export const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
