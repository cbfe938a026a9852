// The error that a config with anything wrong in it ends in, and how it is printed.
import type { ConfigIssue } from './config.ts';

/** Thrown by `loadConfig`. `message` is the printed form of all issues; it holds no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** In the order of the file. */
  readonly issues: readonly ConfigIssue[];
  /** What was read, as in `Config.sources`, with '' for what could not be: another try may come to another end once one changes. */
  readonly sources: ReadonlyMap<string, string>;
  constructor(issues: readonly ConfigIssue[], sources: ReadonlyMap<string, string> = new Map()) {
    super(formatIssues(issues));
    this.issues = issues;
    this.sources = sources;
  }
}

/** `file:line:column  path: message`, then the excerpt; one issue after the other, without a newline at the end. */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  return issues.map(formatIssue).join('\n');
}

function formatIssue(issue: ConfigIssue): string {
  const place = issue.line === 0 ? issue.file : `${issue.file}:${issue.line}:${issue.column}`;
  const head = `${place}  ${issue.path === '' ? '' : `${issue.path}: `}${issue.message}`;
  return issue.excerpt === '' ? head : `${head}\n${issue.excerpt}`;
}
