import { Connection, type ServerAddress, type WhyDown } from './connection.ts';

/** One user's hold on a shared connection. */
export interface SharedConnection {
  readonly connection: Connection;
  /** Gives the connection up. Idempotent. */
  release(): void;
}

/** How long an unused connection stays open, in case an element is only moved (ms). */
const lingerMs = 500;

const shared = new Map<string, { readonly connection: Connection; users: number }>();

/** Opens the page's connection to a server, or shares the existing one. The last user closes it. */
export function shareConnection(address: ServerAddress): SharedConnection {
  const key = `${address.server} ${address.token ?? ''}`;
  const entry = shared.get(key) ?? { connection: opened(address), users: 0 };
  shared.set(key, entry);
  entry.users += 1;
  let released = false;
  return {
    connection: entry.connection,
    release() {
      if (released) return;
      released = true;
      entry.users -= 1;
      setTimeout(() => {
        if (entry.users > 0 || shared.get(key) !== entry) return;
        shared.delete(key);
        entry.connection.close();
      }, lingerMs);
    },
  };
}

function opened(address: ServerAddress): Connection {
  const connection = new Connection(address);
  connection.whyDown = () => whyDown(address);
  return connection;
}

/** Finds out over HTTP why a WebSocket fails, which the WebSocket API does not reveal. */
async function whyDown({ server, token }: ServerAddress): Promise<WhyDown> {
  const url = new URL('/state', server);
  if (token !== null) url.searchParams.set('token', token);
  // On another site's page the cookies of this server are not sent.
  const credentials = server === location.origin ? 'same-origin' : 'omit';
  const answer = await fetch(url, { cache: 'no-store', credentials }).catch(() => null);
  if (answer !== null) return answer.status === 401 || answer.status === 403 ? 'signed-out' : 'fine';
  // CORS allows every page to load this file.
  const alive = await fetch(new URL('/player.js', server), { cache: 'no-store' }).catch(() => null);
  return alive === null ? 'unreachable' : 'not-allowed';
}
