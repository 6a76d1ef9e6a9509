import type { Page } from 'playwright-core';
import { readBarCode } from './bar-code.ts';
import { numberDrawn } from './picture-on-page.ts';
import type { TestServer } from './server.ts';
import { eventually, frontSize } from './site.ts';
import { capturedAt, watch } from './watching.ts';

/**
 * How far the age that the live page tells is from the true one: the page's picture says its number in its bar code, and
 * another stream tells when the picture of that number was captured.
 *
 * @returns the median of some looks, in milliseconds; reading a picture off the page takes its time, so what is read is
 *   a little older than what was told
 */
export async function ageError(page: Page, server: TestServer): Promise<number> {
  const times = new Map<number, number>();
  using stream = await watch(server, await server.token({ name: `age ${Math.random()}` }));
  const reading = (async () => {
    for await (const part of stream) {
      const number = await readBarCode(part.bytes, frontSize);
      if (number !== null) times.set(number, capturedAt(part));
    }
  })();
  const errors: number[] = [];
  while (errors.length < 7) {
    await page.waitForTimeout(600);
    const told = (await page.locator('[data-figure=age]').textContent()) ?? '';
    const number = await numberDrawn(page);
    const at = Date.now();
    await eventually(() => times.has(number)).toBe(true);
    const age = /^(\d+) ms$/.exec(told)?.[1] ?? Number.parseFloat(told) * 1_000;
    errors.push(at - (times.get(number) ?? 0) - Number(age));
  }
  stream.close();
  await reading;
  return errors.sort((a, b) => a - b)[3] as number;
}
