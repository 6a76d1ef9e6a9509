import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type LaunchOptions, type Page } from 'playwright-core';
import { findProgram } from './programs.ts';

/** The path of the Chromium to test with; null if it is not installed. */
export const chromiumPath = process.env.PORTHOLE_CHROMIUM ?? findProgram('chromium') ?? findProgram('google-chrome');

/**
 * Starts headless Chromium without background networking and without a GPU. As root it runs without its sandbox, which
 * does not support root.
 *
 * @param options additional options for Playwright
 */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  if (chromiumPath === null) throw new TypeError('Chromium is not installed: npm test says how to install it');
  return chromium.launch({
    ...options,
    executablePath: chromiumPath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-dev-shm-usage',
      '--font-render-hinting=none',
      '--force-color-profile=srgb',
    ],
  });
}

/**
 * Returns the violations that axe-core finds in a page, one line per rule and element.
 *
 * @param only the ids of the rules to check; by default all that are not experimental
 */
export async function accessibilityViolations(page: Page, only?: readonly string[]): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    axeSource ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    // Evaluated through the debugger, so the page's content security policy does not block it.
    await page.evaluate(axeSource);
  }
  const { violations } = await page.evaluate(async (rules) => {
    interface Result {
      violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
    }
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<Result> } };
    // Details of what is fine take much of the time.
    return axe.run({ resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) });
  }, only);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

let axeSource: string | undefined;
