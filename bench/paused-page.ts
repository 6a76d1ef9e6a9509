import { setTimeout as sleep } from 'node:timers/promises';
import { chromiumPath, launchBrowser } from '../test/support/browser.ts';
import { signedIn, untilClosed } from './pages.ts';
import { treeUsage } from './process-tree.ts';
import type { StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

/** How long the measurement takes, in seconds. */
const span = 30;

/**
 * Measures the CPU time of Porthole while the live page is open and paused, and the memory of Porthole with the camera
 * closed and open.
 *
 * @returns Markdown, or a line that says why nothing was measured
 */
export async function pausedPage(tools: Tools, startPorthole: StartPorthole): Promise<string> {
  if (chromiumPath === null) return 'A paused page was not measured: Chromium is not installed (Debian: chromium).';
  await using server = await startPorthole(tools);
  await sleep(10_000); // work that is done once after the start
  const start = treeUsage(server.pids);
  const browser = await launchBrowser();
  try {
    const context = await signedIn(browser, server);
    const page = await context.newPage();
    await page.goto('/');
    await sleep(5_000);
    const open = treeUsage(server.pids);
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    await untilClosed(server);
    await sleep(5_000);
    const before = treeUsage(server.pids);
    await sleep(span * 1_000);
    const after = treeUsage(server.pids);
    const share = (after.cpuMs - before.cpuMs) / span / 10;
    return [
      `The live page open and paused, over ${span} s: ${share.toFixed(2)} % of a core, camera closed.`,
      '',
      `Resident: ${start.rssMb.toFixed(0)} MB ten seconds after the start, ${open.rssMb.toFixed(0)} MB with the capture process of a camera that a page watches.`,
    ].join('\n');
  } finally {
    await browser.close();
  }
}
