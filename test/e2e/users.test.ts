// The users page, and what each role sees and may do.
import { describe, expect, it } from 'vitest';
import { untilMoving } from '../support/picture-on-page.ts';
import { eventually, frontCamera, useSite } from '../support/site.ts';

const site = useSite({ args: [...frontCamera, '--camera', 'garden=test:?width=320&height=240&fps=5'] });

const password = 'quite long enough';

describe('users', () => {
  it('are added with a role and the cameras they may see, changed and removed', async () => {
    const page = await site.open('/settings/users', { complaints: /status of 4\d\d/ });
    const add = page.locator('section[aria-labelledby=add-user]');
    await add.getByLabel('Name').fill('ada');
    await add.getByLabel('Password').fill(password);
    await add.getByLabel('Role').selectOption('viewer');
    const all = add.getByLabel('All, including cameras added later');
    expect(await add.getByLabel('front').isDisabled()).toBe(true);
    await all.uncheck();
    await add.getByLabel('garden').check();
    await add.getByRole('button', { name: 'Add this user' }).click();
    await page.getByText('User ada added.').waitFor();
    const person = page.locator('.people li', { hasText: 'ada' });
    expect(await person.locator('summary').first().textContent()).toContain('viewer\u00a0· garden');

    await add.getByLabel('Name').fill('ada');
    await add.getByLabel('Password').fill(password);
    await add.getByRole('button', { name: 'Add this user' }).click();
    await page.locator('#username-error, main > .settings > .err').first().waitFor();
    expect(await page.locator('.err').first().textContent()).toContain('There is already a user with this name.');

    const theirs = await site.open('/', { user: { name: 'ada', password }, complaints: /status of 40[134]/ });
    expect(await theirs.locator('.tabs .name').allTextContents()).toEqual(['garden']);

    await person.locator('summary').first().click();
    await person.getByLabel('Role').selectOption('operator');
    await person.getByRole('button', { name: 'Save' }).click();
    await page.getByText('User ada saved.').waitFor();
    await eventually(async () => (await theirs.reload())?.status()).toBe(200);
    await person.locator('summary').first().click();
    await person.locator('summary', { hasText: 'Remove ada' }).click();
    await person.getByRole('button', { name: 'Yes, remove ada' }).click();
    await page.getByText('User removed and signed out everywhere.').waitFor();
    expect(await person.count()).toBe(0);
    await theirs.goto('/');
    expect(new URL(theirs.url()).pathname).toBe('/login');
  });

  it('that cannot be saved keep what was entered, with the reason next to its field', async () => {
    const client = await site.server.signIn();
    await client.send('POST', '/api/users', { username: 'mary', password, role: 'viewer', cameras: null });
    const page = await site.open('/settings/users', { complaints: /status of 4\d\d/ });
    const person = (name: string) => page.locator('.people li', { hasText: name });
    const mary = person('mary');
    await mary.locator('summary').first().click();
    await mary.getByLabel('Role').selectOption('operator');
    await mary.getByLabel('All, including cameras added later').uncheck();
    await mary.getByLabel('garden').check();
    await mary.getByLabel('Also revoke').uncheck();
    const secret = mary.getByLabel('New password');
    await secret.evaluate((input) => input.removeAttribute('minlength'));
    await secret.fill('short');
    await mary.getByRole('button', { name: 'Save' }).click();
    await mary
      .locator('.field', { has: page.getByLabel('New password') })
      .getByText('at least 8 characters')
      .waitFor();
    expect(await page.locator('.err').count()).toBe(1);
    expect(await secret.evaluate((input) => input === document.activeElement)).toBe(true);
    expect(await mary.getByLabel('Role').inputValue()).toBe('operator');
    expect(await mary.getByLabel('Also revoke').isChecked()).toBe(false);
    expect(await mary.getByLabel('garden').isChecked()).toBe(true);
    await mary.getByLabel('front').evaluate((box) => ((box as HTMLInputElement).value = 'Not a camera!'));
    await mary.getByLabel('front').check();
    await mary.getByRole('button', { name: 'Save' }).click();
    await mary.locator('fieldset', { hasText: 'Cameras they may see' }).locator('.err').waitFor();
    expect(await mary.getByLabel('garden').isChecked()).toBe(true);

    const admin = page.locator('.people li', { has: page.locator('.tag') });
    if (!(await admin.getByLabel('Role').isVisible())) await admin.locator('summary').first().click();
    await admin.getByLabel('Role').selectOption('viewer');
    await admin.getByRole('button', { name: 'Save' }).click();
    await admin
      .locator('.field', { has: page.getByLabel('Role') })
      .locator('.err')
      .waitFor();
    expect(await admin.getByLabel('Role').inputValue()).toBe('viewer');
    expect(await page.locator('.err').count()).toBe(1);
  });

  it('see in the pages what their role allows', async () => {
    const client = await site.server.signIn();
    for (const role of ['viewer', 'operator']) {
      await client.send('POST', '/api/users', { username: role, password, role, cameras: null });
    }
    const viewer = await site.open('/?camera=front', {
      user: { name: 'viewer', password },
      complaints: /status of 403/,
    });
    expect(await viewer.getByRole('link', { name: 'Settings' }).count()).toBe(0);
    await viewer.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(viewer);
    expect(await viewer.locator('form.capture').count()).toBe(0);
    await viewer.keyboard.press('c');
    expect((await client.json<{ photos: readonly unknown[] }>('/api/photos')).photos).toEqual([]);
    const refused = await viewer.goto('/settings');
    expect(refused?.status()).toBe(403);
    await viewer.getByRole('heading', { name: 'Not allowed' }).waitFor();

    const operator = await site.open('/?camera=front', { user: { name: 'operator', password } });
    expect(await operator.getByRole('link', { name: 'Settings' }).count()).toBe(0);
    await operator.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(operator);
    await operator.keyboard.press('c');
    await operator.locator('#film > li').first().waitFor();
    await viewer.goto('/photos');
    expect(await viewer.locator('.tiles > li').count()).toBe(1);
    expect(await viewer.locator('#delete-selected').count()).toBe(0);
    await operator.goto('/photos');
    expect(await operator.locator('#delete-selected').count()).toBe(1);
  });
});

describe('the account page', () => {
  it('changes the password: this browser stays, the others are signed out', async () => {
    const client = await site.server.signIn();
    await client.send('POST', '/api/users', { username: 'grace', password, role: 'operator', cameras: null });
    const user = { name: 'grace', password };
    const [page, elsewhere] = [
      await site.open('/account', { user, complaints: /status of 4\d\d/ }),
      await site.open('/?camera=front', { user, complaints: /status of 401/ }),
    ];
    await elsewhere.getByRole('button', { name: 'Start streaming' }).click();
    await untilMoving(elsewhere);
    await page.getByLabel('Current password').fill('not this one');
    await page.getByLabel('New password').fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.locator('#current-error', { hasText: 'That is not your current password.' }).waitFor();
    await page.getByLabel('Current password').fill(password);
    await page.getByLabel('New password').fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed.').waitFor();
    await elsewhere.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await site.server.signIn('grace', 'another long password');
  });

  it('lists the user’s sessions and revokes one', async () => {
    const [page, other] = [await site.open('/account'), await site.open('/account', { complaints: /status of 401/ })];
    await page.reload();
    const rows = page.locator('section[aria-labelledby=sessions] li');
    expect(await rows.filter({ hasText: 'this browser' }).count()).toBe(1);
    const revoke = rows.locator('summary');
    for (let others = await revoke.count(); others > 0; others -= 1) {
      await revoke.first().click();
      await rows.getByRole('button', { name: /^Yes, sign out/ }).click();
      await eventually(() => rows.count()).toBe(others);
      await page.getByText('Session signed out.').waitFor();
    }
    await other.goto('/account');
    expect(new URL(other.url()).pathname).toBe('/login');
  });

  it('shows a token once, which works until it is revoked', async () => {
    const page = await site.open('/account');
    await page.getByLabel('Program name').fill('Home Assistant');
    await page.getByRole('button', { name: 'Create token' }).click();
    const token = await page.getByLabel('New token').inputValue();
    expect(token.length).toBeGreaterThan(20);
    const ask = async () =>
      (await fetch(`${site.server.url}/api/cameras`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(await ask()).toBe(200);
    await page.goto('/account');
    expect(await page.content()).not.toContain(token);
    await page.locator('summary', { hasText: 'Revoke Home Assistant' }).click();
    await page.getByRole('button', { name: 'Yes, revoke Home Assistant' }).click();
    await page.getByText('Token revoked.').waitFor();
    expect(await ask()).toBe(401);
  });

  it('copies a token where the browser allows it', async () => {
    const page = await site.open('/account', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByLabel('Program name').fill('Printer');
    await page.getByRole('button', { name: 'Create token' }).click();
    const token = await page.getByLabel('New token').inputValue();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  });
});
