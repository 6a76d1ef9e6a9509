import { Connection, type ServerAddress, type WhyDown } from './connection.ts';

/** A connection that is used together with others. */
export interface SharedConnection {
  readonly connection: Connection;
  /** It is not needed any more. Idempotent. */
  release(): void;
}

/** How long one that nobody uses stays open, in milliseconds: an element may only be on its way to another place. */
const lingerMs = 500;

const shared = new Map<string, { readonly connection: Connection; users: number }>();

/** The page's one connection to a server; all players of that server share it, and the last one closes it. */
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

/** Asks over plain HTTP what a socket does not tell. */
async function whyDown({ server, token }: ServerAddress): Promise<WhyDown> {
  const url = new URL('/state', server);
  if (token !== null) url.searchParams.set('token', token);
  // A cookie of this server does not count where the page is another's.
  const credentials = server === location.origin ? 'same-origin' : 'omit';
  const answer = await fetch(url, { cache: 'no-store', credentials }).catch(() => null);
  if (answer !== null) return answer.status === 401 || answer.status === 403 ? 'signed-out' : 'fine';
  // Every page may load this one.
  const alive = await fetch(new URL('/player.js', server), { cache: 'no-store' }).catch(() => null);
  return alive === null ? 'unreachable' : 'not-allowed';
}
