import { Readable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { csrfFor, startServer } from '../../test/support/http-server.ts';

it('a download of photos ends with the sign-in that it began under', async () => {
  const server = await startServer();
  const endless = new Readable({ read: () => void endless.push(Buffer.alloc(64 * 1024)) });
  try {
    vi.spyOn(server.photos, 'archive').mockResolvedValue(endless);
    const { cookie, token } = await csrfFor(server.app, server.cookie('viewer'));
    const submit = (path: string) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: { cookie },
        body: new URLSearchParams({ _csrf: token, all: '1' }),
        redirect: 'manual',
      });
    const download = await submit('/photos/archive');
    expect(download.status).toBe(200);
    const read = download.body?.pipeTo(new WritableStream());
    await Promise.all([expect(read).rejects.toThrow(), submit('/logout')]);
    expect([endless.destroyed, server.streams.size]).toEqual([true, 0]);
  } finally {
    endless.destroy();
    await server.close();
  }
});
