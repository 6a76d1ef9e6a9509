// The page that connects other programs and pages to a camera.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startOtherSite } from '../support/other-site.ts';
import { untilMoving, wakeControls } from '../support/picture-on-page.ts';
import { lacks, programPath } from '../support/programs.ts';
import { eventually, useSite, type VisitorOptions } from '../support/site.ts';

const site = useSite({
  args: ['--camera', 'front=test:?width=640&height=480&fps=15', '--camera', 'garden=test:?width=320&height=240&fps=5'],
});

interface Token {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly cameras: readonly string[] | null;
}

let admin: Awaited<ReturnType<typeof site.server.signIn>>;
beforeAll(async () => {
  admin = await site.server.signIn();
});

function tokens(): Promise<readonly Token[]> {
  return admin.json<Token[]>('/api/tokens');
}

afterEach(async () => {
  for (const { id } of await tokens()) await admin.send('DELETE', `/api/tokens/${id}`);
});

const value = (page: Page, label: string) => page.getByLabel(label, { exact: true }).first().inputValue();

/** Creates a token for a program on the page. */
async function createFor(page: Page, program: string): Promise<string> {
  const fold = page.locator('details.fold', { hasText: program });
  await fold.locator('> summary').click();
  await page.getByRole('button', { name: `Create token for ${program}` }).click();
  return page.locator('#new-token').inputValue();
}

describe('the page that connects programs', () => {
  it('leads to a picture in Home Assistant with as many clicks and pasted lines as the README says', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, clicks, lines] = /(\d+) clicks in Porthole and (\d+) pasted lines/.exec(readme) ?? [];
    const page = await site.open('/?camera=front', { permissions: ['clipboard-read', 'clipboard-write'] });
    let clicked = 0;
    const pasted: string[] = [];
    const click = async (what: ReturnType<Page['locator']>) => {
      await what.click();
      clicked += 1;
    };
    const copy = async (label: string) => {
      const way = page.locator('.way', { hasText: 'As a camera' }).first();
      await click(way.getByLabel(`Copy ${label}`));
      const copied = () => page.evaluate(() => navigator.clipboard.readText());
      await eventually(copied).toBe(await way.getByLabel(label, { exact: true }).inputValue());
      pasted.push(await copied());
    };
    await click(page.getByRole('button', { name: 'Start streaming' }));
    await untilMoving(page);
    await wakeControls(page);
    await click(page.getByLabel('More', { exact: true }));
    await click(page.getByRole('link', { name: 'Connect' }));
    await click(page.locator('#home-assistant > summary'));
    await click(page.getByRole('button', { name: 'Create token for Home Assistant' }));
    await page.getByText('Token for Home Assistant created.').waitFor();
    expect(await page.locator('#home-assistant').getAttribute('open'), 'the program stays open').not.toBeNull();
    await copy('Still image URL');
    await copy('Stream source URL');
    expect([clicked, pasted.length]).toEqual([Number(clicks), Number(lines)]);

    const still = await fetch(pasted[0] ?? '');
    expect([still.status, still.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(pasted[1]).toMatch(new RegExp(`^${site.server.url}/cameras/front/live\\.mp4\\?token=porthole_`));
    if (lacks('ffmpeg')) return;
    // As Home Assistant, which reads streams with FFmpeg's libraries.
    const options = ['-loglevel', 'error', '-i', pasted[1] ?? '', '-frames:v', '3', '-f', 'framemd5', '-'];
    const { stdout } = await promisify(execFile)(programPath('ffmpeg'), options, { timeout: 40_000 });
    expect(stdout.match(/^0, /gm)).toHaveLength(3);
  });

  it('creates a token that watches this camera and nothing else, once, however often the page is loaded', async () => {
    const page = await site.open('/cameras/front/connect');
    const token = await createFor(page, 'Frigate');
    await page.reload();
    await page.goBack().catch(() => null);
    await page.goto('/cameras/front/connect');
    expect(await page.content()).not.toContain(token);
    expect(await tokens()).toMatchObject([{ name: 'Frigate', scope: 'watch', cameras: ['front'] }]);
    const ask = async (path: string) =>
      (await fetch(site.server.url + path, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask('/cameras/front/snapshot.jpg')).toBe(200);
    expect(await ask('/cameras/garden/snapshot.jpg')).toBe(404);
    expect(await ask('/api/photos')).toBe(403);
    expect(await ask('/api/tokens')).toBe(403);
    const photo = await fetch(`${site.server.url}/api/cameras/front/photos?token=${token}`, { method: 'POST' });
    expect(photo.status).toBe(401);
  });

  it('puts the chosen size and rate into all addresses, and keeps the token', async () => {
    const page = await site.open('/cameras/front/connect');
    const token = await createFor(page, 'OBS Studio');
    await page.getByLabel('Size').selectOption('320');
    await page.getByLabel('Frame rate').selectOption('5');
    const mjpeg = `${site.server.url}/cameras/front/stream.mjpeg?width=320&fps=5&token=${token}`;
    await eventually(() => value(page, 'MJPEG')).toBe(mjpeg);
    expect(await value(page, 'The player')).toContain(`token="${token}"`);
    expect(await value(page, 'The player')).toContain('width="320"');
    expect(await page.locator('#obs-0-steps').textContent()).toContain('Width 320, height 240');
    expect(new URL(page.url()).search).toBe('?width=320&fps=5');
  });

  it('works without JavaScript', async () => {
    const page = await site.open('/cameras/front/connect', { javaScriptEnabled: false });
    await page.getByLabel('Size').selectOption('320');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByLabel('Expires').selectOption('7');
    const token = await createFor(page, 'OctoPrint');
    const stream = `${site.server.url}/cameras/front/stream.mjpeg?width=320&token=${token}`;
    expect(await value(page, 'Stream URL')).toBe(stream);
    expect(await page.locator('[data-copy]').first().isVisible()).toBe(false);
    await page.reload();
    expect(await page.locator('#new-token').count()).toBe(0);
    expect(await tokens()).toHaveLength(1);
  });

  it('is found in Settings, also for a camera that is only edited', async () => {
    const page = await site.open('/settings');
    await page.getByLabel('Connect garden').click();
    await page.getByRole('heading', { name: 'Connect garden' }).waitFor();
    await page.goto('/settings/cameras/front');
    await page.getByRole('link', { name: 'Connect other programs' }).click();
    await page.getByRole('heading', { name: 'Connect front' }).waitFor();
  });
});

describe('an <iframe> from the page, on another site', () => {
  /** Shows the snippet on another site. */
  async function frame(html: string, { allowed = true, ...visit }: VisitorOptions & { allowed?: boolean } = {}) {
    const other = await startOtherSite(`<!doctype html><meta charset=utf-8><title>Elsewhere</title>${html}`);
    onTestFinished(() => other[Symbol.asyncDispose]());
    // Another site, to which browsers send none of this site's cookies.
    const origin = other.origin.replace('127.0.0.1', 'localhost');
    await admin.send('PUT', '/api/settings', { origins: allowed ? [origin] : [] });
    const page = await (await site.visitor({ webRtc: false, ...visit })).newPage();
    await page.goto(origin);
    return page;
  }

  it('shows the picture if the site is listed, and the player as well', async () => {
    const connect = await site.open('/cameras/front/connect?width=320');
    await createFor(connect, 'OBS Studio');
    const snippets = [await value(connect, 'A frame, without a script'), await value(connect, 'The player')];
    const page = await frame(snippets.join(''));
    const inner = page.frames()[1];
    await untilMoving(inner as unknown as Page, 'porthole-player');
    await untilMoving(page, 'body > porthole-player');
  });

  it('is refused by the browser if the site is not listed', async () => {
    const page = await frame(`<iframe src="${site.server.url}/cameras/front/embed"></iframe>`, {
      allowed: false,
      complaints: /frame-ancestors|status of 401/,
    });
    await eventually(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
  });

  it.each([
    ['without a token', '', 'This frame has no token in its address'],
    ['with a token that is revoked', `?token=porthole_${'x'.repeat(43)}`, 'is not valid'],
  ])('%s says what to do, although the person is signed in to Porthole', async (_, query, words) => {
    const page = await frame(`<iframe src="${site.server.url}/cameras/front/embed${query}"></iframe>`, {
      complaints: /status of 401/,
    });
    const shown = page.frameLocator('iframe');
    await shown.getByText(words).waitFor();
    expect(await shown.locator('a, form, input').count()).toBe(0);
  });

  it('shows the picture without JavaScript, as MJPEG', async () => {
    const { token } = await admin.json<{ token: string }>('/api/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x', scope: 'watch' }),
    });
    const page = await site.open(`/cameras/front/embed?width=320&token=${token}`, {
      user: null,
      javaScriptEnabled: false,
    });
    await eventually(() => page.locator('img.feed').evaluate((it) => (it as HTMLImageElement).naturalWidth)).toBe(320);
  });
});

describe.each([true, false])('the account page, with JavaScript: %s', (javaScriptEnabled) => {
  it('asks before it revokes a token, and creates none again when it is loaded again', async () => {
    const page = await site.open('/account', { javaScriptEnabled });
    await page.getByLabel('Program name').fill('Wall');
    await page.getByLabel('Permissions').selectOption('full');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('This token may do everything an admin can').waitFor();
    await page.reload();
    expect(await page.getByLabel('New token').count()).toBe(0);
    expect(await tokens()).toMatchObject([{ name: 'Wall', scope: 'full' }]);
    expect(await page.locator('.rows .tag', { hasText: 'may do everything' }).count()).toBe(1);

    const revoke = page.locator('summary', { hasText: 'Revoke Wall' });
    await revoke.click();
    await page.getByText('Programs that use this token stop working').waitFor();
    await revoke.click();
    expect(await tokens()).toHaveLength(1);
    await revoke.click();
    await page.getByRole('button', { name: 'Yes, revoke Wall' }).click();
    await page.getByText('Token revoked.').waitFor();
    expect(await tokens()).toEqual([]);
  });

  it('shows an error once, with nothing to send again', async () => {
    const page = await site.open('/account', { javaScriptEnabled, complaints: /status of 403/ });
    await page.getByLabel('Current password').fill('not this one');
    await page.getByLabel('New password').fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.locator('#current-error').waitFor();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.method()));
    await page.reload();
    expect(await page.locator('#current-error').count()).toBe(0);
    expect(sent).not.toContain('POST');
  });
});
