// What providers say about their own settings while they are created: `check` prints it with its place in the file.
import type { Config, ConfigIssue } from '../config/config.ts';
import type { Logger } from '../contract/index.ts';
import { SILENT } from '../observe/index.ts';

interface Note {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A log that keeps the warnings which name a setting: `log.warn({ provider, setting: ['endpoint'] }, message)`. */
export function collectSettingNotes(): { readonly log: Logger; issues(config: Config): ConfigIssue[] } {
  const notes: Note[] = [];
  const warn: Logger['warn'] = (fields, message) => {
    if (!('provider' in fields && 'setting' in fields && Array.isArray(fields.setting))) return;
    notes.push({ path: ['providers', String(fields.provider), ...fields.setting], message });
  };
  return {
    log: { ...SILENT, warn },
    issues: (config) => notes.map(({ path, message }) => config.issue(path, `warning: ${message}`)),
  };
}
