import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromiumPath, launchBrowser } from '../test/support/browser.ts';
import { lacks } from '../test/support/programs.ts';
import { startRtspServer } from '../test/support/rtsp-server.ts';
import { signedIn, signIn, untilClosed } from './pages.ts';
import { treeMemory } from './process-tree.ts';
import { password, type Server, type StartPorthole } from './servers.ts';
import type { Tools } from './tools.ts';

/** How many IP cameras the grid shows. */
const tiles = 16;

/** The memory of one state, by process. */
interface State {
  readonly title: string;
  /** The proportional shares of npm and its shell, of the server and of all others, in MB. */
  readonly npm: number;
  readonly server: number;
  readonly captures: readonly number[];
}

/**
 * Measures the memory (PSS) of all processes that `npm start` leaves running: idle with a paused page, with one viewer of
 * a webcam, and with a grid of IP cameras. Node.js and libraries are shared by all processes of the machine that run the
 * same files, so other Node.js programs make the result too small.
 *
 * @returns a Markdown table, or a line that says why nothing was measured
 */
export async function memory(tools: Tools, startByNpm: StartPorthole): Promise<string> {
  if (chromiumPath === null) return 'Memory was not measured: Chromium is not installed (Debian: chromium).';
  const states = await webcam(tools, startByNpm);
  const isMissing = lacks('python3 with GstRtspServer');
  if (!isMissing) states.push(await grid(tools, startByNpm));
  const lines = [
    '| state | npm and sh | server | captures and others | all, PSS MB |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...states.map(({ title, npm, server, captures }) => {
      const others = captures.reduce((sum, each) => sum + each, 0);
      const processes = captures.length === 0 ? '' : `${others.toFixed(0)} (${captures.length} processes)`;
      return `| ${title} | ${npm.toFixed(0)} | ${server.toFixed(0)} | ${processes} | ${(npm + server + others).toFixed(0)} |`;
    }),
    ...(isMissing ? ['', "The grid was not measured: GStreamer's RTSP server is not installed."] : []),
  ];
  return lines.join('\n');
}

/** Idle, with a paused page, and with one viewer of a webcam. */
async function webcam(tools: Tools, startByNpm: StartPorthole): Promise<State[]> {
  await using server = await startByNpm(tools);
  const browser = await launchBrowser();
  try {
    await sleep(20_000); // work that is done once after the start
    const states = [stateOf('just started', server)];
    const context = await signedIn(browser, server);
    const page = await context.newPage();
    await page.goto('/');
    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'Stream is paused.' }).waitFor();
    await untilClosed(server);
    await sleep(60_000);
    states.push(stateOf('a signed-in page, paused', server));
    const viewer = watch(server, server.path);
    await sleep(60_000);
    states.push(stateOf('a webcam (MJPEG) and a viewer', server));
    viewer.destroy();
    return states;
  } finally {
    await browser.close();
  }
}

/** A grid of IP cameras with sub-streams in one browser. */
async function grid(tools: Tools, startByNpm: StartPorthole): Promise<State> {
  await using main = await startRtspServer({ width: 1280, height: 720, fps: 25, pattern: 'smpte' });
  await using sub = await startRtspServer({ width: 640, height: 360, fps: 15, pattern: 'smpte' });
  const cameras = Array.from({ length: tiles }, (_, index) => ['--camera', `ip${index + 1}=${main.url}`]).flat();
  await using server = await startByNpm(tools, ['--allow-addresses', '127.0.0.1', ...cameras]);
  for (let camera = 1; camera <= tiles; camera += 1) await setSubstream(server, `ip${camera}`, sub.url);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ baseURL: `http://127.0.0.1:${server.port}` });
    await signIn(page);
    await page.getByRole('button', { name: 'Start all' }).click();
    await sleep(60_000);
    return stateOf(`a grid of ${tiles} IP cameras with sub-streams`, server);
  } finally {
    await browser.close();
  }
}

async function setSubstream({ port }: Server, camera: string, substream: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const response = await fetch(`http://127.0.0.1:${port}/api/cameras/${camera}`, {
    method: 'PATCH',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ substream }),
  });
  if (!response.ok) throw new Error(`The sub-stream of ${camera} is refused: ${await response.text()}`);
}

/** Opens a stream and reads it without looking at it. */
export function watch({ port, headers }: Pick<Server, 'port' | 'headers'>, path: string) {
  const sent = Object.fromEntries(headers.map((header) => header.split(': ') as [string, string]));
  const request = get({ host: '127.0.0.1', port, path, headers: sent, agent: false }, (response) => response.resume());
  request.on('error', () => {}); // it ends with the server
  return request;
}

function stateOf(title: string, { pids }: Server): State {
  const processes = treeMemory(pids);
  const isNpm = (command: string): boolean => /^(npm |sh -c )/.test(command);
  const isServer = (command: string): boolean => command.includes('dist/server/main.js');
  const share = (wanted: (command: string) => boolean): number[] =>
    processes.filter(({ command }) => wanted(command)).map(({ pssMb }) => pssMb);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  const state = {
    title,
    npm: sum(share(isNpm)),
    server: sum(share(isServer)),
    captures: share((command) => !isNpm(command) && !isServer(command)),
  };
  console.error(
    `${title}: ${processes.map(({ command, pssMb }) => `${command.slice(0, 60)} ${pssMb.toFixed(1)}`).join(', ')}`,
  );
  return state;
}
