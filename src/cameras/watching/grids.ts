import type { FastifyReply, FastifyRequest } from 'fastify';
import { defaultGrid, type GridSettings, isGridLayout } from '../../domain/users/grid-settings.ts';
import { principalOf } from '../../http/security/policy.ts';

const cookieName = 'porthole_grid';
/** Browsers keep no cookie above 4096 bytes; beyond this length the order is left out. */
const longestCookie = 3_500;
/** The longest that browsers keep a cookie, in seconds. */
const cookieLifetime = 400 * 86_400;

/** Stores the settings of Users. */
export interface GridStore {
  all(): Promise<readonly (readonly [string, GridSettings])[]>;
  set(userId: string, settings: GridSettings): Promise<void>;
}

/** The grid settings of whoever makes a request: a User's are stored, those of anonymous visitors are in a cookie. */
export class Grids {
  readonly #store: GridStore;
  /** By the User's id. In memory, because every page needs the order of cameras. */
  readonly #settings: Map<string, GridSettings>;

  private constructor(store: GridStore, settings: Map<string, GridSettings>) {
    this.#store = store;
    this.#settings = settings;
  }

  /** Reads the settings of all Users. */
  static async open(store: GridStore): Promise<Grids> {
    return new Grids(store, new Map(await store.all()));
  }

  /** The client's settings. */
  of(request: FastifyRequest): GridSettings {
    const user = request.principal?.user ?? null;
    // Requests that are refused early have no cookies yet.
    const cookies = request.cookies as FastifyRequest['cookies'] | undefined;
    const settings = user === null ? fromCookie(cookies?.[cookieName]) : this.#settings.get(user.id);
    return settings ?? defaultGrid;
  }

  /** Changes some of the client's settings. Returns all of them. */
  async change(request: FastifyRequest, reply: FastifyReply, change: Partial<GridSettings>): Promise<GridSettings> {
    const { user } = principalOf(request);
    const settings = { ...this.of(request), ...change };
    if (user !== null) {
      await this.#store.set(user.id, settings);
      this.#settings.set(user.id, settings);
    } else {
      reply.setCookie(cookieName, toCookie(settings), {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: 'auto',
        maxAge: cookieLifetime,
      });
    }
    return settings;
  }
}

function toCookie(settings: GridSettings): string {
  const text = (value: GridSettings) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const whole = text(settings);
  return whole.length <= longestCookie ? whole : text({ ...settings, order: [] });
}

/** Anybody may have written the cookie, so a wrong one counts as none. */
function fromCookie(value: string | undefined): GridSettings | undefined {
  if (value === undefined) return undefined;
  try {
    const { layout, order, autoStart } = JSON.parse(Buffer.from(value, 'base64url').toString()) as GridSettings;
    const isOrder = Array.isArray(order) && order.every((id: unknown) => typeof id === 'string');
    return isGridLayout(layout) && isOrder && typeof autoStart === 'boolean' ? { layout, order, autoStart } : undefined;
  } catch {
    return undefined;
  }
}
