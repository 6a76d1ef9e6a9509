// Signing in and out.
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { adminPassword } from '../support/server.ts';
import { eventually, useSite } from '../support/site.ts';
import { untilMoving } from '../support/picture-on-page.ts';

const site = useSite();

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const path = (page: Page) => page.url().slice(new URL(page.url()).origin.length);

describe('sign-in', () => {
  it('leads to the live page', async () => {
    const page = await site.open('/', { user: null });
    expect(path(page)).toBe('/login');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('username');
    await signIn(page, adminPassword);
    await page.waitForURL((url) => url.pathname === '/');
    await page.getByLabel('Your account, admin').waitFor();
  });

  it('shows a wrong password at its field, and keeps the name', async () => {
    const page = await site.open('/login', { user: null, complaints: /status of 401/ });
    await signIn(page, 'not this one');
    const error = page.locator('#password-error');
    await error.waitFor();
    expect(await error.textContent()).toContain('Wrong name or password.');
    const password = page.getByLabel('Password');
    expect(await password.getAttribute('aria-describedby')).toContain('password-error');
    expect(await password.inputValue()).toBe('');
    expect(await password.evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await page.getByLabel('Name').inputValue()).toBe('admin');
    const field = await password.boundingBox();
    const note = await error.boundingBox();
    expect(note && field ? note.y - (field.y + field.height) : NaN).toBeLessThan(40);
  });

  it('goes on to the page that was asked for', async () => {
    const page = await site.open('/photos?camera=front', { user: null });
    expect(path(page)).toBe('/login?next=%2Fphotos%3Fcamera%3Dfront');
    await signIn(page, adminPassword);
    await page.waitForURL('/photos?camera=front');
  });

  it('remembers that page over a wrong password', async () => {
    const page = await site.open('/settings', { user: null, complaints: /status of 401/ });
    await signIn(page, 'not this one');
    await page.locator('#password-error').waitFor();
    await signIn(page, adminPassword);
    await page.waitForURL('/settings');
  });

  it('never leads to another site', async () => {
    const visitor = await site.visitor({ user: null });
    const page = await visitor.newPage();
    for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', 'javascript:alert(1)']) {
      await visitor.clearCookies();
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await signIn(page, adminPassword);
      await page.waitForURL((url) => url.pathname === '/' && url.origin === site.server.url);
    }
  });
});

describe('sign-out', () => {
  it('ends the Session in this browser', async () => {
    const page = await site.open('/');
    await page.getByLabel('Your account, admin').click();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.waitForURL('/login');
    await page.goto('/photos');
    expect(path(page)).toBe('/login?next=%2Fphotos');
  });

  // That it takes no more than two seconds is tested without a browser: test/integration/revocation.test.ts.
  it('in another tab ends the picture and offers to sign in again', async () => {
    const visitor = await site.visitor({ complaints: /status of 401/ });
    const [watching, other] = await Promise.all([visitor.newPage(), visitor.newPage()]);
    await watching.goto('/');
    await watching.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(watching);
    await other.goto('/account');
    await other.getByLabel('Your account, admin').click();
    await other.getByRole('button', { name: 'Sign out', exact: true }).click();
    await other.waitForURL('/login');
    await watching.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await watching.locator('.strip, .places').count(), 'what belonged to them is gone').toBe(0);
    expect(await watching.locator('.picture canvas').isVisible()).toBe(false);
    expect(await watching.locator('.bar').isVisible()).toBe(false);
    await watching.locator('.over').getByRole('link', { name: 'Sign in' }).click();
    await signIn(watching, adminPassword);
    await watching.waitForURL('/');
    await eventually(() => watching.locator('.stage').getAttribute('data-state')).toMatch(/live|paused/);
  });

  it('by another browser, through the list of Sessions, does the same', async () => {
    const watching = await site.open('/', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' });
    await watching.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(watching);
    const account = await site.open('/account');
    const sessions = (await (await account.request.get('/api/sessions')).json()) as readonly {
      readonly id: string;
      readonly userAgent: string | null;
      readonly current: boolean;
    }[];
    // Signed in by the test itself, so the list knows its address and not its browser; it is the newest but one.
    expect(sessions.filter((session) => session.current).length).toBe(1);
    const csrf = await account.locator('meta[name=csrf]').getAttribute('content');
    for (const { id, current } of sessions) {
      if (!current) await account.request.delete(`/api/sessions/${id}`, { headers: { 'x-csrf-token': csrf ?? '' } });
    }
    await watching.getByRole('heading', { name: 'You are signed out' }).waitFor();
    expect(await watching.locator('.over').getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe(
      '/login?next=%2F',
    );
  });
});
