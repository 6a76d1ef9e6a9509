// The first start: the one-time link from the terminal creates the first account, once.
import { describe, expect, it } from 'vitest';
import { accessibilityViolations } from '../support/browser.ts';
import { adminPassword } from '../support/server.ts';
import { useSite } from '../support/site.ts';

const site = useSite({ env: { PORTHOLE_ADMIN_PASSWORD: '' } });

/** The path of the link that the server has printed. */
function link(): string {
  const path = /http:\/\/\S+(\/setup\?code=\S+)/.exec(site.server.output)?.[1];
  if (path === undefined) throw new Error(`no set-up link in what the server printed:\n${site.server.output}`);
  return path;
}

// The tests build on each other: the server can be set up only once.
describe('set-up', () => {
  it('sends everybody without the link to the terminal', async () => {
    const page = await site.open('/', { user: null, complaints: /status of 401/ });
    expect(await page.locator('main').textContent()).toContain(
      'Open the set-up link that Porthole printed in the terminal',
    );
    expect(await page.locator('input:not([type=hidden])').count()).toBe(0);
  });

  it.each(['dark', 'light'] as const)('is a page in which axe-core finds nothing: %s', async (colorScheme) => {
    const page = await site.open(link(), { user: null, colorScheme });
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  it('shows a wrong code at its field and keeps the input', async () => {
    const page = await site.open('/setup?code=wrong', { user: null, complaints: /status of 40[013]/ });
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Create account' }).click();
    const code = page.getByLabel('Set-up code');
    await code.waitFor();
    expect(await code.getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('#code-error').textContent()).toContain('This set-up code is not right.');
    expect(await page.getByLabel('Name').inputValue()).toBe('ada');
  });

  it('shows errors at the fields for name and password', async () => {
    const page = await site.open(link(), { user: null, complaints: /status of 40[03]|status of 422/ });
    await page.getByLabel('Name').fill('a b');
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('#username-error').waitFor();
    // The browser itself asks for eight characters; the server does not rely on it.
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').evaluate((input) => input.removeAttribute('minlength'));
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('#password-error').waitFor();
  });

  it('makes the first admin by the link and signs in', async () => {
    const page = await site.open(link(), { user: null });
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(adminPassword);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.waitForURL((url) => url.pathname === '/welcome');
    await page.getByLabel('Your account, ada').waitFor();
    // The test pattern is there because there is no camera.
    expect(await page.getByRole('heading', { level: 1 }).textContent()).not.toBe('Add another camera');
    expect(await page.getByRole('link', { name: 'Settings' }).isVisible()).toBe(true);
  });

  it('is refused a second time, by the link and by the form', async () => {
    const page = await site.open(link(), { user: null, complaints: /status of 4\d\d/ });
    expect(new URL(page.url()).pathname).toBe('/login');
    const again = await page.request.post('/setup', {
      form: {
        _csrf: await page.locator('input[name=_csrf]').first().inputValue(),
        code: link().split('code=')[1] ?? '',
        username: 'eve',
        password: adminPassword,
      },
    });
    expect(again.ok()).toBe(false);
    expect(await again.text()).toContain('Porthole is already set up.');
    const client = await site.server.signIn('ada');
    expect((await client.json<readonly unknown[]>('/api/users')).length).toBe(1);
  });
});
