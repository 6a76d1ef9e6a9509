// From the first account to the first picture: what was found, a host that is searched, a camera without a picture, and
// Settings while the server is away.
import { createServer, type RequestListener, type Server } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { accessibilityViolations } from '../support/browser.ts';
import { makeJpegs } from '../support/clips.ts';
import { closedPort } from '../support/http-camera.ts';
import { eventually, frontCamera, serverAway, useSite } from '../support/site.ts';

const site = useSite({ args: [...frontCamera, '--allow-addresses', '127.0.0.1'] });

/** The login that the fake camera wants, with every character that means something in a URL. */
const login = { user: 'ad:min', password: 'p@ss/w#rd? %41&"é' };
let camera: Server;
let jpeg: Buffer;
const asked: string[] = [];

/** An ESP32-CAM behind a login: a stream of 10 frames a second on one path, although others claim more. */
const answer: RequestListener = (request, response) => {
  asked.push(request.url ?? '');
  const basic = Buffer.from(request.headers.authorization?.slice('Basic '.length) ?? '', 'base64').toString();
  // A name can't have a colon in Basic sign-in, so this one is read at the last part.
  if (!basic.endsWith(`:${login.password}`)) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
    return;
  }
  if (request.url !== '/capture' && request.url !== '/own/path') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=part' });
  const timer = setInterval(() => {
    response.write(`--part\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    response.write(jpeg);
    response.write('\r\n');
  }, 100);
  response.once('close', () => clearInterval(timer));
};

const host = () => `127.0.0.1:${(camera.address() as AddressInfo).port}`;

beforeAll(async () => {
  [jpeg = Buffer.alloc(0)] = await makeJpegs(1, 320, 240);
  camera = createServer(answer);
  await once(camera.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  camera.closeAllConnections();
  camera.close();
});

const fill = async (page: Page, fields: Readonly<Record<string, string>>): Promise<void> => {
  for (const [label, value] of Object.entries(fields)) {
    const field = page.getByLabel(new RegExp(`^${label}`));
    if (label === 'Maker') await field.selectOption({ label: value });
    else await field.fill(value);
  }
};
const problem = (page: Page) => page.locator('#test-result [role=alert]');

describe('a camera of which only the host is known', () => {
  it('is found by trying likely addresses, says so in words, and is added with its login encoded', async () => {
    const page = await site.open('/settings/cameras/new', { viewport: { width: 844, height: 390 } });
    await fill(page, { 'Host or address': host(), Maker: 'ESP32-CAM', Name: 'Bench', User: 'admin' });
    const test = page.getByRole('button', { name: 'Test' });

    await test.click();
    await problem(page).filter({ hasText: 'rejects this user and password' }).waitFor();
    const wrong = asked.length;
    // Cameras lock out after some wrong passwords: the same port is not asked again with another path.
    expect(wrong).toBeLessThanOrEqual(2);

    await fill(page, { Password: login.password });
    await test.click();
    await page.locator('.test-progress:not([hidden])', { hasText: /Trying address \d of \d: http:/ }).waitFor();
    await page
      .locator('#test-result')
      .getByText(/^It works: 320\s×\s240, (9(\.\d)?|1[01])\sfps, MJPEG\.$/)
      .waitFor();
    expect(await page.getByLabel('Host or address').inputValue()).toBe(`http://${host()}/capture`);
    const add = page.getByRole('button', { name: 'Add this camera' });
    for (const part of [page.locator('#test-result img'), add]) {
      await eventually(() =>
        part.evaluate((each) => {
          const { top, bottom } = each.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        }),
      ).toBe(true);
    }
    expect(await accessibilityViolations(page)).toEqual([]);
    await add.click();
    await page.waitForURL('/?camera=bench');
    await page.getByText('Camera “Bench” added.').waitFor();
    await page.locator('.stage[data-state=live]').waitFor();
    const client = await site.server.signIn();
    const { source } = await client.json<{ source: string }>('/api/cameras/bench/source');
    expect(new URL(source).host).toBe(host());
    expect(decodeURIComponent(new URL(source).password)).toBe(login.password);
    expect(site.server.output).not.toContain(new URL(source).password);
    expect(site.server.output).not.toContain(login.password);
  });

  it('is stopped by a button, and not searched on after that', async () => {
    const page = await site.open('/settings/cameras/new');
    await fill(page, { 'Host or address': host(), Password: login.password, User: 'admin' });
    await page.getByRole('button', { name: 'Test' }).click();
    await page.locator('.test-progress:not([hidden])').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await eventually(() => page.getByRole('button', { name: 'Test' }).textContent()).toBe('Test');
    expect(await page.locator('#test-result').textContent()).toBe('');
    // The attempt under way may end, and no other begins.
    await eventually(() => site.server.children.filter(({ command }) => command.includes('capture/main')).length).toBe(
      0,
    );
  });

  it('tells what helps most of several failures', async () => {
    const client = await site.server.signIn();
    const test = async (address: object) =>
      (
        (await (await client.send('POST', '/api/cameras/test', address)).json()) as {
          problem?: { code: string; message: string };
        }
      ).problem;
    const esp = { maker: 'esp32' };
    expect(await test({ source: `127.0.0.1:${await closedPort()}`, ...esp })).toMatchObject({
      code: 'source_refused',
      message: expect.stringContaining('Nothing answers at 127.0.0.1:') as string,
    });
    expect(await test({ source: host(), ...esp })).toMatchObject({
      code: 'source_unauthorized',
      message: expect.stringContaining('requires a user and password') as string,
    });
    expect(await test({ source: host(), maker: 'printer', user: 'admin', password: login.password })).toMatchObject({
      code: 'source_not_found',
      message: expect.stringContaining('none of the') as string,
    });
    expect(await test({ source: '169.254.169.254' })).toMatchObject({ code: 'source_address_refused' });
  });
});

describe('a camera without scripts', () => {
  it('is tested in parts and added; its password is in no page', async () => {
    const page = await site.open('/settings/cameras/new', { javaScriptEnabled: false });
    await fill(page, {
      'Host or address': host(),
      Path: '/own/path',
      Name: 'No script',
      User: 'admin',
      Password: login.password,
    });
    await page.getByRole('button', { name: 'Test' }).click();
    await page.getByText('It works: 320 × 240').waitFor();
    expect(await page.content()).not.toContain('p@ss');
    expect(await page.getByLabel('Host or address').inputValue()).toBe(`http://${host()}/own/path`);
    await page.getByRole('button', { name: 'Add this camera' }).click();
    await page.waitForURL('/?camera=no-script');
  });

  it('asks before it adds one without a picture, and keeps the input', async () => {
    const page = await site.open('/settings/cameras/new', { javaScriptEnabled: false });
    const dead = `rtsp://me:secret-word@127.0.0.1:${await closedPort()}/live`;
    await fill(page, { 'Host or address': dead, Name: 'Dead' });
    await page.getByRole('button', { name: 'Add this camera' }).click();
    await page.getByText('This camera shows no picture.').waitFor();
    expect(await page.content()).not.toContain('secret-word');
    expect(await page.getByLabel('Name').inputValue()).toBe('Dead');
    expect(await page.getByLabel('User').inputValue()).toBe('me');
    expect(
      (await (await site.server.signIn()).json<{ name: string }[]>('/api/cameras')).map(({ name }) => name),
    ).not.toContain('Dead');
    await page.getByRole('button', { name: 'Add it anyway' }).click();
    await page.waitForURL('/?camera=dead');
    const { source } = await (await site.server.signIn()).json<{ source: string }>('/api/cameras/dead/source');
    expect(source).toBe(dead);
  });

  it('is refused under the name of another, with the input kept', async () => {
    const page = await site.open('/settings/cameras/new', { javaScriptEnabled: false, complaints: /status of 400/ });
    await fill(page, { 'Host or address': 'test:', Name: 'FRONT' });
    await page.getByRole('button', { name: 'Add this camera' }).click();
    await page.locator('#name-error', { hasText: 'already a camera with the name “front”' }).waitFor();
    expect(await page.getByLabel('Host or address').inputValue()).toBe('test:');
  });
});

describe('the lists of Settings', () => {
  it('keep what was typed after an error', async () => {
    const page = await site.open('/settings', { complaints: /status of 400/ });
    const typed = 'http://mainsail.local\nnot an address/';
    const field = page.getByLabel('Sites that may embed these cameras');
    await field.fill(typed);
    await page.locator('form[action="/settings/sites"] button').click();
    await page.locator('#origins-error').waitFor();
    expect(await field.inputValue()).toBe(typed);
    expect(await page.locator('.camera-card').count()).toBeGreaterThan(0);
  });
});

describe('Settings without the server', () => {
  it('keep the page and its input, say so, and work again', async () => {
    const pages = await Promise.all(
      ['/settings', '/settings/cameras/new', '/account', '/settings/users', '/cameras/front/connect'].map((path) =>
        site.open(path, { complaints: serverAway }),
      ),
    );
    const [list, add, account, users, connect] = pages as [Page, Page, Page, Page, Page];
    await site.restart(async () => {
      for (const page of pages) await page.locator('#away:visible').waitFor();
      await list.getByLabel('front on').click();
      await list.getByRole('link', { name: 'Users' }).click();
      await fill(add, { Name: 'Kept', 'Host or address': 'test:?width=320&height=240&fps=5' });
      await add.getByRole('button', { name: 'Test' }).click();
      await problem(add).filter({ hasText: 'not responding' }).waitFor();
      await add.getByRole('button', { name: 'Add this camera' }).click();
      await account.getByLabel('Current password').fill('typed');
      await account.getByLabel('New password').fill('typed as well');
      await account.getByRole('button', { name: 'Change password' }).click();
      await users.getByRole('link', { name: 'Account' }).click();
      await connect.getByLabel('Program name').fill('typed');
      await connect.getByRole('button', { name: 'Create token', exact: true }).click();
      await eventually(() => add.locator('[aria-busy=true]').count()).toBe(0);
      expect(pages.map((page) => new URL(page.url()).pathname)).toEqual([
        '/settings',
        '/settings/cameras/new',
        '/account',
        '/settings/users',
        '/cameras/front/connect',
      ]);
    });
    for (const page of pages) await page.locator('#away').waitFor({ state: 'hidden' });
    expect(await account.getByLabel('New password').inputValue()).toBe('typed as well');
    expect(await connect.getByLabel('Program name').inputValue()).toBe('typed');
    await add.getByRole('button', { name: 'Add this camera' }).click();
    await add.waitForURL('/?camera=kept');
    await list.getByLabel('front on').click();
    await list.getByText('Camera “front” switched off.').waitFor();
  });
});
