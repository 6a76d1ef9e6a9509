import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromiumPath, launchBrowser } from '../test/support/browser.ts';
import { runFanload } from './load.ts';
import { password, type Server, type StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

/**
 * The transports whose frame age is measured in the live page, in Chromium without a GPU, which renders on the CPU of the
 * same machine.
 */
const transports = ['jpeg', 'h264', 'webrtc'] as const;

/** How long each transport is watched, in seconds. */
const span = 60;
/** How often the page is opened to measure the time to the first frame. */
const visits = 9;

/** The used part of the page's player. */
interface Player extends HTMLElement {
  readonly state: { readonly kind: string } | null;
  readonly stats: { readonly ages: readonly number[]; readonly fps: number | null } | null;
  readonly currentTransport: string;
}

/**
 * Measures how old the frames of the live page are over each transport, and how long the first frame takes.
 *
 * @param short true for fewer visits and shorter spans
 * @returns Markdown tables, or a line that says why nothing was measured
 */
export async function pages(tools: Tools, startPorthole: StartPorthole, short = false): Promise<string> {
  if (chromiumPath === null) return 'The live page was not measured: Chromium is not installed (Debian: chromium).';
  await using server = await startPorthole(tools);
  const browser = await launchBrowser();
  try {
    const context = await signedIn(browser, server);
    const first = await firstFrames(context, server, tools, short ? 3 : visits);
    console.error(first);
    return [first, await ages(context, server, short ? 10 : span)].join('\n\n');
  } finally {
    await browser.close();
  }
}

/** Times in milliseconds since the page was requested. */
interface Times {
  /** The first live frame was visible. */
  firstFrameAt?: number;
  /** The player had drawn a frame. */
  playerAt?: number;
}

/** Signs in and starts streaming, in a context whose pages record when their first frame was visible. */
export async function signedIn(browser: Browser, { port }: Server): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 800 },
  });
  // The page records the times itself, since messages to this process take time.
  await context.addInitScript(() => {
    const times = window as Times;
    const look = (): void => {
      const player = document.querySelector<Player>('porthole-player');
      // The page's HTML shows the stream as an image; later the script's player replaces it.
      const isLive = player?.state?.kind === 'live';
      const isSeen = isLive || (document.querySelector<HTMLImageElement>('img.feed')?.naturalWidth ?? 0) > 0;
      if (isSeen) times.firstFrameAt ??= performance.now();
      if (isLive) times.playerAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  const page = await context.newPage();
  await signIn(page);
  await page.getByRole('button', { name: 'Start streaming' }).click();
  await firstFrame(page);
  await page.close();
  return context;
}

/** Signs in; the page that follows is the live page. */
export async function signIn(page: Page): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Waits until the page and its player have shown a frame. */
async function firstFrame(page: Page): Promise<Required<Times>> {
  await page.waitForFunction(() => (window as Times).playerAt);
  return page.evaluate(() => {
    const { firstFrameAt = NaN, playerAt = NaN } = window as Times;
    return { firstFrameAt, playerAt };
  });
}

async function firstFrames(context: BrowserContext, server: Server, tools: Tools, times: number): Promise<string> {
  const visit = async (): Promise<Required<Times>> => {
    const page = await context.newPage();
    await page.goto('/');
    const took = await firstFrame(page);
    await page.close();
    return took;
  };
  const closed: Required<Times>[] = [];
  for (let made = 0; made < times; made += 1) {
    await untilClosed(server);
    closed.push(await visit());
  }
  const keeper = runFanload(server, tools, { viewers: 1, seconds: times * 3, warmup: 1 });
  await sleep(1_000);
  const open: Required<Times>[] = [];
  for (let made = 0; made < times; made += 1) open.push(await visit());
  await keeper;
  const row = (what: string, visits: readonly Required<Times>[]): string => {
    const seen = visits.map(({ firstFrameAt }) => firstFrameAt);
    const player = visits.map(({ playerAt }) => playerAt);
    return `| ${what} | ${quantile(seen, 0.5)} | ${quantile(seen, 1)} | ${quantile(player, 0.5)} | ${quantile(player, 1)} |`;
  };
  return [
    `| ${times} visits of the live page | first frame p50 ms | slowest ms | of the player p50 ms | slowest ms |`,
    '| --- | ---: | ---: | ---: | ---: |',
    row('the camera was closed', closed),
    row('the camera was open', open),
  ].join('\n');
}

/** Waits until all cameras are closed. */
export async function untilClosed({ port, headers }: Server): Promise<void> {
  const [name = '', value = ''] = (headers[0] ?? '').split(': ');
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/api/cameras`, { headers: { [name]: value } });
    const cameras = (await response.json()) as readonly { readonly state: { readonly kind: string } }[];
    if (cameras.every(({ state }) => state.kind === 'closed')) return;
    await sleep(200);
  }
}

async function ages(context: BrowserContext, { port }: Server, seconds: number): Promise<string> {
  const lines = [
    `| age of the frame, each over ${seconds} s | p50 ms | p95 ms | frames/s |`,
    '| --- | ---: | ---: | ---: |',
  ];
  for (const transport of transports) {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.evaluate((name) => localStorage.setItem('transport', name), transport);
    await page.reload();
    await page.waitForFunction(
      (name) => document.querySelector<Player>('porthole-player')?.currentTransport === name,
      transport,
      { timeout: 20_000 },
    );
    await sleep(3_000);
    const seen = await page.evaluate(watch, seconds * 1_000);
    lines.push(
      `| ${transport} | ${quantile(seen.ages, 0.5)} | ${quantile(seen.ages, 0.95)} | ${quantile(seen.rates, 0.5)} |`,
    );
    await page.close();
  }
  return lines.join('\n');
}

/** Reads the player's stats every two seconds; runs in the page. */
async function watch(milliseconds: number): Promise<{ ages: number[]; rates: number[] }> {
  const [ages, rates]: [number[], number[]] = [[], []];
  const until = performance.now() + milliseconds;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const stats = document.querySelector<Player>('porthole-player')?.stats;
    ages.push(...(stats?.ages ?? []));
    if (typeof stats?.fps === 'number') rates.push(stats.fps);
  }
  return { ages, rates };
}

/** The value below which this share of the numbers lies, in whole numbers. */
export function quantile(numbers: readonly number[], share: number): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  return (sorted[Math.round((sorted.length - 1) * share)] ?? NaN).toFixed(0);
}
