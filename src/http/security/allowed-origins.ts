import { PortholeError } from '../../domain/errors.ts';

/** Stores settings. */
export interface SettingsStore {
  get<T>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown): Promise<void>;
}

const originsKey = 'cors_origins';
const mostOrigins = 50;

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
