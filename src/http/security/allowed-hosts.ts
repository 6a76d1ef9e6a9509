import type { FastifyRequest } from 'fastify';
import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { PortholeError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/logger.ts';
import type { Settings } from './allowed-origins.ts';
import { isLocalName, nameOf } from './host-name.ts';
import { sentence } from '../../messages/sentence.ts';

/** Each refused name is logged once; after this many, none. */
const mostLogged = 100;

/** The part of the configuration that names this server. */
interface KnownHosts {
  readonly hosts: readonly string[];
  readonly publicUrl: string | null;
  readonly tls: { readonly cert: string | Buffer } | null;
}

/**
 * The host names under which anybody may watch when access is public.
 *
 * An attacker's page can let its own name lead to this server (DNS rebinding). For the browser, page and server then have
 * the same origin, so the page could read video in the visitor's network. Only the `Host` header tells. Sign-in needs no
 * such list: browsers send no cookie to another name.
 */
export class AllowedHosts {
  readonly #configured: ReadonlySet<string>;
  readonly #certificate: X509Certificate | null;
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #logged = new Set<string>();

  constructor({ hosts, publicUrl, tls }: KnownHosts, settings: Settings, log: Logger) {
    const known = [...hosts, hostname(), ...(publicUrl === null ? [] : [new URL(publicUrl).host])];
    this.#configured = new Set(known.map((host) => nameOf(host)).filter((name) => name !== null));
    this.#certificate = tls === null ? null : new X509Certificate(tls.cert);
    this.#settings = settings;
    this.#log = log;
  }

  /** Why nobody may watch under a request's host, and the one that a trusted proxy forwarded; null if they may. */
  async refusal(request: FastifyRequest): Promise<PortholeError | null> {
    for (const host of new Set([request.headers.host ?? '', request.host])) {
      if (!(await this.#allows(host))) return this.#refusal(host);
    }
    return null;
  }

  async #allows(host: string): Promise<boolean> {
    // Browsers always send it. Clients of HTTP/1.0 may not.
    if (host === '') return true;
    const name = nameOf(host);
    if (name === null) return false;
    if (isLocalName(name) || this.#configured.has(name)) return true;
    // The browser has checked the certificate before it sent the request.
    if (this.#certificate?.checkHost(name) !== undefined) return true;
    const [names, origins] = await Promise.all([this.#settings.hostNames(), this.#settings.corsOrigins()]);
    return names.includes(name) || origins.some((origin) => nameOf(URL.parse(origin)?.host ?? '') === name);
  }

  #refusal(host: string): PortholeError {
    const name = nameOf(host) ?? host.slice(0, 100);
    const allow = `in Settings under "Host names", or start Porthole with --hosts ${name}.`;
    if (this.#logged.size < mostLogged && !this.#logged.has(name)) {
      this.#logged.add(name);
      this.#log.warn(
        { host: name },
        `refused to show video under a host name that it does not know: allow it ${allow}`,
      );
    }
    return new PortholeError('host_not_allowed', {
      message: sentence('settings_host_refused', { name }),
    });
  }
}
