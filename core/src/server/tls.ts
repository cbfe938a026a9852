// `server.tls`: the certificate and its key, read and looked at before anything listens with them.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Config, ConfigIssue } from '../config/config.ts';
import { ConfigError, reasonOf } from '../config/index.ts';

/** What node's TLS takes: for a server's options, and for `setSecureContext`. */
export interface TlsOptions {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly minVersion: 'TLSv1.2';
}

export interface TlsReading {
  readonly options: TlsOptions;
  /** What does not stop the router, such as a certificate that has expired. */
  readonly warnings: readonly ConfigIssue[];
  /** Where they were read, for who watches them. */
  readonly files: readonly string[];
}

/** Reads the files of `server.tls`, anew each time; undefined without it. Throws ConfigError at the key of the file that is missing or
 * wrong. */
export function readTls(
  { dir, server, issue }: Pick<Config, 'dir' | 'server' | 'issue'>,
  nowMs: number = Date.now(),
): TlsReading | undefined {
  const { tls } = server;
  if (tls === undefined) return undefined;
  const certFile = resolve(dir, tls.cert);
  const keyFile = resolve(dir, tls.key);
  const faults: ConfigIssue[] = [];
  const attempt = <T>(which: 'cert' | 'key', read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      faults.push(issue(['server', 'tls', which], error instanceof Error ? error.message : String(error)));
      return undefined;
    }
  };
  const cert = attempt('cert', () => readCertificate(certFile));
  const key = attempt('key', () => readKey(keyFile));
  if (cert === undefined || key === undefined) throw new ConfigError(faults);
  const options: TlsOptions = { cert: cert.pem, key: key.pem, minVersion: 'TLSv1.2' };
  if (!cert.leaf.checkPrivateKey(key.object)) {
    const message = `${keyFile}: it is not the key of the certificate in ${certFile}, whose own has to come first there`;
    throw new ConfigError([issue(['server', 'tls', 'key'], message)]);
  }
  // Whatever else the library does not take, such as a key that is too short.
  attempt('cert', () => createSecureContext(options));
  if (faults.length > 0) throw new ConfigError(faults);
  const warning = timeWarning(cert.leaf, nowMs);
  const warnings = warning === undefined ? [] : [issue(['server', 'tls', 'cert'], `${certFile}: ${warning}`)];
  return { options, warnings, files: [certFile, keyFile] };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/s;
const PRIVATE_KEY = /-----BEGIN (?:\w+ )?PRIVATE KEY-----/;

function readCertificate(file: string): { readonly pem: string; readonly leaf: X509Certificate } {
  const pem = readText(file);
  const [first] = CERTIFICATE.exec(pem) ?? [];
  if (first === undefined) {
    const turned = PRIVATE_KEY.test(pem) ? ' (a private key is: are "cert" and "key" the wrong way round?)' : '';
    throw new Error(`${file}: there is no certificate in it${turned}: expected PEM, -----BEGIN CERTIFICATE-----`);
  }
  try {
    return { pem, leaf: new X509Certificate(first) };
  } catch {
    throw new Error(`${file}: the certificate in it cannot be read`);
  }
}

function readKey(file: string): { readonly pem: string; readonly object: KeyObject } {
  const pem = readText(file);
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type:.*ENCRYPTED/m.test(pem)) {
    throw new Error(`${file}: the key in it has a passphrase: give one without, readable for this user only`);
  }
  if (!PRIVATE_KEY.test(pem)) {
    throw new Error(`${file}: there is no private key in it: expected PEM, -----BEGIN PRIVATE KEY-----`);
  }
  try {
    return { pem, object: createPrivateKey(pem) };
  } catch {
    throw new Error(`${file}: the private key in it cannot be read`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file}: ${reasonOf(error)}`);
  }
}

/** Clients refuse it, but a router that does not start would be no help. */
function timeWarning({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  if (Date.parse(validTo) < nowMs) return `the certificate has expired on ${validTo}`;
  return Date.parse(validFrom) > nowMs ? `the certificate is not valid before ${validFrom}` : undefined;
}
