import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of another site, at another origin. */
export interface OtherSite extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40124`. With `localhost` as the host it is a different site. */
  readonly origin: string;
}

/** Serves one page at every URL until the test ends. */
export async function startOtherSite(html: string, headers: Readonly<Record<string, string>> = {}): Promise<OtherSite> {
  const server = createServer((request, response) => {
    const isPage = request.url === '/';
    response.writeHead(isPage ? 200 : 204, { 'content-type': 'text/html; charset=utf-8', ...headers });
    response.end(isPage ? html : undefined);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
