import { PortholeError } from '../../domain/errors.ts';
import { nameOf } from './host-name.ts';

/** Stores settings. */
export interface SettingsStore {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
}

const originsKey = 'cors_origins';
const hostsKey = 'host_names';
const mostOrigins = 50;
const mostHosts = 50;

/** Settings of the whole server. */
export class Settings {
  readonly #store: SettingsStore;

  constructor(store: SettingsStore) {
    this.#store = store;
  }

  /** The origins whose pages may read pictures (CORS), such as `http://mainsail.local`; none at first. */
  async corsOrigins(): Promise<readonly string[]> {
    return (await this.#store.get<readonly string[]>(originsKey)) ?? [];
  }

  /**
   * Sets them.
   *
   * @throws {PortholeError} `invalid_input` with the field `origins`: one of them is no origin.
   */
  async setCorsOrigins(origins: readonly string[]): Promise<readonly string[]> {
    const checked = [...new Set(origins.map((text) => text.trim()).filter((text) => text !== ''))].map(checkedOrigin);
    if (checked.length > mostOrigins) throw refused(`There may be at most ${mostOrigins} sites.`);
    await this.#store.set(originsKey, checked);
    return checked;
  }

  /** The host names under which anybody may watch when access is public, in addition to those that Porthole knows. */
  async hostNames(): Promise<readonly string[]> {
    return (await this.#store.get<readonly string[]>(hostsKey)) ?? [];
  }

  /**
   * Sets them.
   *
   * @throws {PortholeError} `invalid_input` with the field `hosts`: one of them is not a host name.
   */
  async setHostNames(hosts: readonly string[]): Promise<readonly string[]> {
    const names = [...new Set(hosts.map((text) => text.trim()).filter((text) => text !== ''))].map(checkedHost);
    if (names.length > mostHosts) throw invalidHost(`There may be at most ${mostHosts} host names.`);
    await this.#store.set(hostsKey, names);
    return names;
  }
}

function checkedHost(text: string): string {
  const name = nameOf(text);
  if (name === null) throw invalidHost(`"${text}" is not a host name. Write it as cam.example.org, without a path.`);
  return name;
}

function invalidHost(message: string): PortholeError {
  return new PortholeError('invalid_input', { message, field: 'hosts' });
}

function checkedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || `${url.origin}/` !== url.href) {
    throw refused(
      `"${text}" is no site. Write it as http://mainsail.local or https://example.org:8443, without a path.`,
    );
  }
  return url.origin;
}

function refused(message: string): PortholeError {
  return new PortholeError('invalid_input', { message, field: 'origins' });
}
