// What a reload means to the socket that listens: its certificate changes, where it listens does not.

import { type Config, ConfigError, type ConfigIssue } from '../config/index.ts';
import { isLoopback } from '../config/reference.ts';
import type { Follower } from '../host/index.ts';
import { type Address, socketPathOf } from './address.ts';
import { readTls, type TlsOptions } from './tls.ts';

export interface Listened {
  /** Where it listens, whatever the file says now. */
  readonly at: Address;
  /** The configuration that it began with. */
  readonly began: Config;
  /** For connections to come. */
  renew(tls: TlsOptions): void;
}

/** Follows the configuration for a server that listens. */
export function createServerFollower({ at, began, renew }: Listened): Follower {
  return (next) => {
    refuseToOpen(next, began, at);
    const tls = readTls(next);
    const warnings = [...restartWarnings(next, began, at), ...(tls?.warnings ?? [])];
    return { warnings, take: () => tls && began.server.tls && renew(tls.options) };
  };
}

/** The file's own rule looks at the host that it names, and that one is listened on only after a restart. A Unix socket that was made
 * for a router with keys is open to the user's group. */
function refuseToOpen(next: Config, began: Config, { host }: Address): void {
  const isShared = socketPathOf(host) === undefined ? !isLoopback(host) : began.keys.length > 0;
  if (next.keys.length > 0 || !isShared) return;
  const message = `the router listens on ${host} until it is restarted: without "keys" everyone who reaches this address could spend your account`;
  throw new ConfigError([next.issue(['server', 'host'], message)]);
}

function restartWarnings(next: Config, began: Config, at: Address): ConfigIssue[] {
  const warnings: ConfigIssue[] = [];
  const warn = (key: string, message: string) =>
    warnings.push(next.issue(['server', key], `warning: ${message}: takes effect after a restart`));
  const { server } = next;
  if (server.host !== began.server.host) warn('host', `the router goes on listening on ${at.host}`);
  // What the command line has chosen instead of the file's port, the file does not change.
  else if (server.port !== began.server.port && at.port === began.server.port)
    warn('port', `the router goes on listening on port ${at.port}`);
  if (server.workers !== began.server.workers) warn('workers', 'the router goes on with as many processes as it has');
  if ((server.tls === undefined) !== (began.server.tls === undefined))
    warn('tls', server.tls === undefined ? 'the router goes on speaking TLS' : 'the router goes on without TLS');
  return warnings;
}
