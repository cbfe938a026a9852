// A provider's connections: kept open between calls, through the proxy of the environment, with the certificates it trusts.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import type { ProviderConfig } from '../config/config.ts';
import { SettingError } from '../contract/index.ts';

/** Sockets kept open between calls live this long: longer than a pause between an agent's turns, shorter than the idle
 * timeouts of the usual load balancers (60 s). */
const KEEP_ALIVE_MS = 50_000;

/** No socket cap (`concurrency` bounds the calls) and no timeout but connect: the Watch of a call is what ends it.
 * Throws SettingError at `caFile`. */
export function createDispatcher(
  { timeout, caFile }: Pick<ProviderConfig, 'timeout' | 'caFile'>,
  dir: string,
): Dispatcher {
  const connect = {
    timeout: timeout.connectMs,
    ...(caFile === undefined ? {} : { secureContext: trusting(resolve(dir, caFile)) }),
  };
  const options = {
    connect,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    pipelining: 1,
    allowH2: false,
  };
  const { HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy } = process.env;
  const proxied = HTTP_PROXY || HTTPS_PROXY || http_proxy || https_proxy;
  // Through a proxy `connect` is not read: what is behind it, and the proxy itself, have their own settings.
  return proxied ? new EnvHttpProxyAgent({ ...options, requestTls: connect, proxyTls: connect }) : new Agent(options);
}

/** Made once: the list of the usual authorities is long, and reading it anew would cost every connection milliseconds. */
function trusting(path: string): SecureContext {
  const certificates = readCertificates(path);
  // NODE_EXTRA_CA_CERTS is part of the default.
  return createSecureContext({ ca: [...getCACertificates('default'), ...certificates] });
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

function readCertificates(path: string): string[] {
  const refuse = (why: string): never => {
    throw new SettingError(['caFile'], `${path}: ${why}`);
  };
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    refuse(error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'no such file' : 'cannot be read');
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) refuse('there is no certificate in it: expected PEM, -----BEGIN CERTIFICATE-----');
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch {
      refuse(`certificate ${index + 1} in it cannot be read`);
    }
  }
  return certificates;
}
