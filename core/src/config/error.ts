// The error that a config with anything wrong in it ends in, and how it is printed.
import type { ConfigIssue } from './config.ts';

/** Thrown by `loadConfig`. `message` is the printed form of all issues; it holds no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** In the order of the file. */
  readonly issues: readonly ConfigIssue[];
  constructor(issues: readonly ConfigIssue[]) {
    super(formatIssues(issues));
    this.issues = issues;
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
