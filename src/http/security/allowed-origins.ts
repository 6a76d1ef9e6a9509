import { PortholeError } from '../../domain/errors.ts';
import { nameOf } from './host-name.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';

/** Stores settings. */
export interface SettingsStore {
  get<T>(key: string, check: (value: unknown) => T): Promise<T | undefined>;
  /** Reports a part of a value that can't be read, and is skipped. */
  skipped(key: string, part: string, why: string): void;
  set(key: string, value: unknown): Promise<void>;
}

const originsKey = 'cors_origins';
const hostsKey = 'host_names';
const mostOrigins = 50;
const mostHosts = 50;

/** Settings of the whole server. */
export class Settings {
  readonly #store: SettingsStore;
  /** The lists as they were read last. */
  readonly #last = new Map<string, readonly unknown[] | undefined>();

  constructor(store: SettingsStore) {
    this.#store = store;
  }

  /** The origins whose pages may read pictures (CORS), such as `http://mainsail.local`; none at first. */
  async corsOrigins(): Promise<readonly string[]> {
    return this.#readable(originsKey, (origin) => isOrigin(origin), 'it is not a site');
  }

  /**
   * Sets them.
   *
   * @throws {PortholeError} `invalid_input` with the field `origins`: one of them is no origin.
   */
  async setCorsOrigins(origins: readonly string[]): Promise<readonly string[]> {
    const checked = checkedOrigins(origins);
    await this.#store.set(originsKey, checked);
    return checked;
  }

  /** The host names under which anybody may watch when access is public, in addition to those that Porthole knows. */
  async hostNames(): Promise<readonly string[]> {
    return this.#readable(hostsKey, (host) => nameOf(host) === host, 'it is not a host name');
  }

  /**
   * Sets them.
   *
   * @throws {PortholeError} `invalid_input` with the field `hosts`: one of them is not a host name.
   */
  async setHostNames(hosts: readonly string[]): Promise<readonly string[]> {
    const names = checkedHosts(hosts);
    await this.#store.set(hostsKey, names);
    return names;
  }

  /**
   * Sets both lists, or neither; without `hosts`, the host names stay as they are.
   *
   * @throws {PortholeError} as {@link setCorsOrigins} and {@link setHostNames} do
   */
  async change(lists: {
    readonly origins: readonly string[];
    readonly hosts?: readonly string[] | undefined;
  }): Promise<void> {
    const origins = checkedOrigins(lists.origins);
    const hosts = lists.hosts === undefined ? undefined : checkedHosts(lists.hosts);
    if (hosts !== undefined) await this.#store.set(hostsKey, hosts);
    await this.#store.set(originsKey, origins);
  }

  /** The entries of a list that can be read. While the database is away, those that were read last: pages need them. */
  async #readable(key: string, isRight: (entry: string) => boolean, why: string): Promise<readonly string[]> {
    const stored = await this.#store.get(key, listOf).catch(() => this.#last.get(key));
    this.#last.set(key, stored);
    return (stored ?? []).filter((entry): entry is string => {
      if (typeof entry === 'string' && isRight(entry)) return true;
      this.#store.skipped(key, String(entry), why);
      return false;
    });
  }
}

function checkedOrigins(texts: readonly string[]): readonly string[] {
  const origins = entriesOf(texts).map(checkedOrigin);
  if (origins.length > mostOrigins) throw refused(sentence('settings_sites_most', { most: mostOrigins }));
  return origins;
}

function checkedHosts(texts: readonly string[]): readonly string[] {
  const names = entriesOf(texts).map(checkedHost);
  if (names.length > mostHosts) throw invalidHost(sentence('settings_hosts_most', { most: mostHosts }));
  return names;
}

/** Each entry once, without white space around it. */
function entriesOf(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}

function checkedHost(text: string): string {
  const name = nameOf(text);
  if (name === null) throw invalidHost(sentence('settings_host_invalid', { text }));
  return name;
}

function invalidHost(message: Sentence): PortholeError {
  return new PortholeError('invalid_input', { message, field: 'hosts' });
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('the value is not a list');
  return value;
}

function isOrigin(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) && `${url.origin}/` === url.href;
}

function checkedOrigin(text: string): string {
  if (!isOrigin(text)) {
    throw refused(sentence('settings_site_invalid', { text }));
  }
  return new URL(text).origin;
}

function refused(message: Sentence): PortholeError {
  return new PortholeError('invalid_input', { message, field: 'origins' });
}
