import type { Browser } from 'playwright-core';
import { chromiumPath, launchBrowser } from '../test/support/browser.ts';
import { lacks } from '../test/support/programs.ts';
import { startRtspServer } from '../test/support/rtsp-server.ts';
import { quantile, signIn, untilClosed } from './pages.ts';
import { spawnOn, stop, type StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

/** How many cameras the grid shows. */
const tiles = 6;
/** How often the page is opened. */
const visits = 9;
/** How long a new browser window may take to be complete, in milliseconds. */
const settling = 2_000;

/** Times in milliseconds since the page was requested. */
interface Times {
  /** The first tile showed a live frame. */
  firstAt?: number;
  /** All tiles did. */
  allAt?: number;
}

/**
 * Measures how long a grid of six closed cameras takes to show its first frames, in Chromium without a GPU and with cold
 * caches: RTSP cameras (GStreamer's server), which the server reads itself, and test pictures, each of which needs a process.
 *
 * @returns a Markdown table, or a line that says why nothing was measured
 */
export async function gridPages(tools: Tools, startPorthole: StartPorthole): Promise<string> {
  if (chromiumPath === null) return 'The grid was not measured: Chromium is not installed (Debian: chromium).';
  const lines = [
    `| ${visits} visits of a grid of ${tiles} closed cameras | first tile p50 ms | slowest ms | all tiles p50 ms | slowest ms |`,
    '| --- | ---: | ---: | ---: | ---: |',
  ];
  const testPictures = Array.from({ length: tiles }, () => 'test:?width=640&height=480&fps=15');
  lines.push(row('test pictures', await visit(tools, startPorthole, testPictures)));
  const isMissing = lacks('python3 with GstRtspServer', 'ffmpeg');
  if (isMissing)
    return [...lines, '', "RTSP cameras were not measured: GStreamer's RTSP server is missing."].join('\n');
  await using rtsp = await startRtspServer({ width: 1280, height: 720, fps: 25, pattern: 'smpte' });
  // GStreamer encodes once for all cameras, from its first client to its last: this one comes first and stays.
  const input = ['-rtsp_transport', 'tcp', '-i', rtsp.url, '-c', 'copy', '-f', 'null', '-'];
  const keeper = spawnOn(1, ['ffmpeg', '-loglevel', 'error', ...input], { stdio: 'ignore' });
  const urls = Array.from({ length: tiles }, () => rtsp.url);
  lines.push(row('RTSP cameras', await visit(tools, startPorthole, urls)));
  await stop(keeper);
  return lines.join('\n');
}

function row(what: string, times: readonly Required<Times>[]): string {
  const [first, all] = [times.map(({ firstAt }) => firstAt), times.map(({ allAt }) => allAt)];
  const line = `| ${[what, quantile(first, 0.5), quantile(first, 1), quantile(all, 0.5), quantile(all, 1)].join(' | ')} |`;
  console.error(line);
  return line;
}

async function visit(tools: Tools, start: StartPorthole, urls: readonly string[]): Promise<Required<Times>[]> {
  const names = urls.map((_url, index) => `tile${index + 1}`);
  const cameras = urls.flatMap((url, index) => ['--camera', `${names[index]}=${url}`]);
  await using server = await start(tools, ['--allow-addresses', '127.0.0.1', '--grace', '0.2', ...cameras]);
  const browser = await launchBrowser();
  try {
    const baseURL = `http://127.0.0.1:${server.port}`;
    const state = await watching(browser, baseURL, names);
    const times: Required<Times>[] = [];
    for (let made = 0; made < visits; made += 1) {
      await untilClosed(server);
      // A new context has nothing in its caches.
      const context = await browser.newContext({
        baseURL,
        storageState: state,
        viewport: { width: 1280, height: 800 },
      });
      await context.addInitScript((all) => {
        const seen = window as Times;
        const look = (): void => {
          const live = document.querySelectorAll('.stage[data-state=live]').length;
          if (live > 0) seen.firstAt ??= performance.now();
          if (live === all) seen.allAt = performance.now();
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }, urls.length);
      const page = await context.newPage();
      // Chromium loads its own window for a new context, which would compete with the page.
      await page.waitForTimeout(settling);
      await page.goto('/');
      await page.waitForFunction(() => (window as Times).allAt);
      times.push(
        await page.evaluate(() => {
          const { firstAt = NaN, allAt = NaN } = window as Times;
          return { firstAt, allAt };
        }),
      );
      await context.close();
    }
    return times;
  } finally {
    await browser.close();
  }
}

/** Signs somebody in who was watching these cameras. */
async function watching(browser: Browser, baseURL: string, cameras: readonly string[]) {
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  await signIn(page);
  const csrf = await page.locator('meta[name=csrf]').getAttribute('content');
  const headers = { 'x-csrf-token': csrf ?? '' };
  await context.request.patch('/api/watching', { headers, data: { cameras, streaming: true } });
  const state = await context.storageState();
  await context.close();
  return state;
}
