// What a coding agent is to these tests: a package to install, and the ways it can be pointed at Turnout.
import type { Protocol } from '../../core/src/contract/index.ts';
import type { VERSIONS } from './versions.ts';

export interface Agent {
  /** Also what `--only` takes. */
  readonly name: string;
  readonly package: keyof typeof VERSIONS;
  /** Its program, in the package's `node_modules/.bin`. */
  readonly bin: string;
  readonly modes: readonly Mode[];
}

/** One way of one agent to talk to Turnout. */
export interface Mode {
  readonly name: string;
  /** What Turnout's log must show. */
  readonly protocol: Protocol;
  /** Whether the agent sends the model's signed reasoning back, as Claude wants it in a tool's turn. */
  readonly replays: boolean;
  /** How a user of the agent sets it up. */
  setUp(place: Place): SetUp;
}

/** Where an agent runs and what it talks to. */
export interface Place {
  /** Turnout's, without a path: `http://127.0.0.1:4180` */
  readonly url: string;
  /** A bearer key of Turnout's, and a key pair for clients that sign. */
  readonly key: string;
  readonly keyPair: KeyPair;
  readonly prompt: string;
  /** Its home, where `files` go. */
  readonly home: string;
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface SetUp {
  /** Arguments of the run that is judged. */
  readonly argv: readonly string[];
  /** Arguments of a run before it, to sign in for example. */
  readonly before?: readonly string[];
  /** Beside the least that every child gets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written before, by their path in the agent's home. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The names under which the agents know a model. What stands behind each is Turnout's matter. */
export const NAMES = {
  claude: 'claude-sonnet-5',
  bedrock: 'us.anthropic.claude-sonnet-5',
  gpt: 'gpt-5.2',
  /** Codex speaks to it in custom tools. */
  gptCustom: 'gpt-5.5',
  /** Codex speaks to it in nothing but tools of a namespace, handed over as an item of the input. */
  gptLite: 'gpt-6.1-sol',
} as const;
