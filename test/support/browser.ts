import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type LaunchOptions, type Page } from 'playwright-core';
import { findProgram } from './programs.ts';

/** The Chromium to test with, or null when there is none. */
export const chromiumPath = process.env.PORTHOLE_CHROMIUM ?? findProgram('chromium') ?? findProgram('google-chrome');

/**
 * Starts Chromium without a window. It looks nothing up in the network by itself, and needs no GPU; as root it runs
 * without its sandbox, which refuses to start there.
 *
 * @param options what Playwright is told beside that
 */
export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  if (chromiumPath === null) throw new TypeError('there is no Chromium: npm test says how to get it');
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

/** What axe-core finds wrong with a page: one line for each rule and element, empty when nothing. */
export async function accessibilityViolations(page: Page): Promise<readonly string[]> {
  axeSource ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated by the browser's debugger, so the page's content security policy does not forbid it.
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(async () => {
    interface Result {
      violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
    }
    return (globalThis as unknown as { axe: { run: () => Promise<Result> } }).axe.run();
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html} ${node.failureSummary ?? ''}`),
  );
}

let axeSource: string | undefined;
