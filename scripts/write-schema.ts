// Writes config/schema.json, with which editors check and complete a config while it is typed.
import { writeFile } from 'node:fs/promises';
import anthropic from '@turnout/plugin-anthropic';
import bedrock from '@turnout/plugin-bedrock';
import echo from '@turnout/plugin-echo';
import gemini from '@turnout/plugin-gemini';
import openai from '@turnout/plugin-openai';
import { configJsonSchema } from '../core/src/config/index.ts';

const SCHEMA_FILE = new URL('../config/schema.json', import.meta.url);

/** The file's text: core's schema with the settings of the built-in plugins. */
export const schemaText = (): string =>
  `${JSON.stringify(configJsonSchema([anthropic, bedrock, echo, gemini, openai]), null, 2)}\n`;

if (import.meta.main) await writeFile(SCHEMA_FILE, schemaText());
