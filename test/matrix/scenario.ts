// What every client asks of every provider: one small conversation for each thing that can go well or wrong.

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly property: string;
}

export interface Scenario {
  readonly name: string;
  readonly system?: string;
  readonly text: string;
  readonly tools?: readonly Tool[];
  /** What each tool answers: there is a second turn with it. */
  readonly result?: string;
  /** Said in a second turn without tools. */
  readonly next?: string;
  readonly effort?: 'medium';
  readonly media?: 'image' | 'document';
  readonly fault?: 'throttled' | 'cut';
}

const WEATHER: Tool = { name: 'get_weather', description: 'The weather of a city', property: 'city' };
const TIME: Tool = { name: 'get_time', description: 'The local time of a city', property: 'city' };

export const SCENARIOS: readonly Scenario[] = [
  { name: 'text', system: 'Be brief.', text: 'Hello, signalman.', next: 'And now?' },
  { name: 'tools', text: 'What is the weather in Oslo?', tools: [WEATHER], result: 'rain' },
  { name: 'parallel-tools', text: 'get_weather and get_time in Oslo', tools: [WEATHER, TIME], result: 'fine' },
  { name: 'reasoning', text: 'What is the weather in Oslo?', tools: [WEATHER], result: 'rain', effort: 'medium' },
  { name: 'image', text: 'What is this?', media: 'image' },
  { name: 'document', text: 'What does it say?', media: 'document' },
  { name: 'error', text: 'Hello.', fault: 'throttled' },
  { name: 'cut', text: 'Say a few words about the railways of Norway, please.', fault: 'cut' },
];

/** A 1 × 1 PNG. */
export const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n').toString(
  'base64',
);

/** JSON Schema of a tool's input. */
export const schemaOf = ({ property }: Tool): object => ({
  type: 'object',
  properties: { [property]: { type: 'string' } },
  required: [property],
});
