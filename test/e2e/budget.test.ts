// What a page loads, and from where.
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { untilMoving } from '../support/picture-on-page.ts';
import { useSite } from '../support/site.ts';

const site = useSite();

const built = new URL('../../dist/public/assets/', import.meta.url);

/** The compressed sizes of the built files that a page loads, in bytes. */
async function compressed(names: readonly string[], ending: string): Promise<number> {
  const files = names.filter((name) => name.endsWith(ending));
  expect(files.length).toBeGreaterThan(0);
  const sizes = await Promise.all(files.map(async (name) => gzipSync(await readFile(new URL(name, built))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** These scripts and whatever they import, at once or later. */
async function withAllItLoads(names: readonly string[]): Promise<ReadonlySet<string>> {
  const all = new Set(names);
  for (const name of all) {
    const text = await readFile(new URL(name, built), 'utf8');
    for (const [, imported = ''] of text.matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)) all.add(imported);
  }
  return all;
}

describe('the live page', () => {
  it('loads less than 45 KB of scripts and 15 KB of styles, and nothing from another host', async () => {
    const page = await (await site.visitor()).newPage();
    const urls: URL[] = [];
    page.on('request', (request) => urls.push(new URL(request.url())));
    await page.goto('/');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(page);
    const origin = new URL(site.server.url).origin;
    expect(urls.filter((url) => url.protocol.startsWith('http') && url.origin !== origin)).toEqual([]);
    const names = [
      ...new Set(
        urls.filter((url) => url.pathname.startsWith('/assets/')).map((url) => url.pathname.slice('/assets/'.length)),
      ),
    ];
    expect(await compressed(names, '.js')).toBeLessThan(45_000);
    expect(await compressed(names, '.css')).toBeLessThan(15_000);
    expect(urls.filter((url) => /\.(woff2?|ttf|otf)$/.test(url.pathname))).toEqual([]);
  });

  it('stays below that with all that it may ever load, and so does the player for other sites', async () => {
    const names = await readdir(built);
    for (const entry of ['live', 'player']) {
      const first = names.filter((name) => name.startsWith(`${entry}-`) && name.endsWith('.js'));
      expect(first).toHaveLength(1);
      expect(await compressed([...(await withAllItLoads(first))], '.js'), entry).toBeLessThan(45_000);
    }
    expect(await compressed(names, '.css')).toBeLessThan(15_000);
  });
});
