// Runs in the guest of with-v4l2: tests Porthole with the kernel's drivers. Writes a line of JSON per check and the
// server's log to the results folder. Arguments: the folder with the clips, the folder for the results.
import { deepStrictEqual, equal, match, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CameraDetails, CameraInfo } from '../../src/domain/cameras/camera.ts';
import type { Control } from '../../src/domain/cameras/control.ts';
import { inspectJpeg } from '../../src/formats/jpeg/jpeg.ts';
import type { Device } from '../../src/domain/cameras/mode.ts';
import { openMultipart } from '../support/multipart-reader.ts';
import type { Check } from './checks.ts';
import {
  clips,
  eventually,
  GuestServer,
  openNodes,
  type OpenNode,
  patience,
  perform,
  root,
  run,
} from './guest-support.ts';

const server = new GuestServer(['--grace', '20']);

const devices = () => server.admin.json<Device[]>('/api/devices');
const info = (id: string) => server.admin.json<CameraInfo>(`/api/cameras/${id}`);
const controls = (id: string) => eventually(() => server.admin.json<Control[]>(`/api/cameras/${id}/controls`));

async function use(id: string, source: string): Promise<void> {
  const answer = await server.admin.send('PATCH', `/api/cameras/${id}`, { source });
  equal(answer.status, 200, await answer.text());
}

/** Watches a camera in its own size until `enough` returns true. Retries if the camera takes too long to open. */
function watch(id: string, enough: (jpegs: readonly Buffer[]) => boolean): Promise<readonly Buffer[]> {
  return eventually(() => watchOnce(id, enough));
}

async function watchOnce(id: string, enough: (jpegs: readonly Buffer[]) => boolean): Promise<readonly Buffer[]> {
  const reader = await openMultipart(`${server.admin.url}/cameras/${id}/stream.mjpeg`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  const timer = setTimeout(() => reader.close(), patience);
  const jpegs: Buffer[] = [];
  try {
    while (!enough(jpegs)) {
      const part = await reader.next();
      if (part === null) throw new Error(`the stream ended after ${jpegs.length} frames`);
      jpegs.push(part.bytes);
    }
    return jpegs;
  } finally {
    clearTimeout(timer);
    reader.close();
  }
}

/** Opens a camera and returns its state while it is watched. */
async function live(id: string, width: number): Promise<Extract<CameraInfo['state'], { kind: 'live' }>> {
  await watch(id, (jpegs) => inspectJpeg(jpegs.at(-1) ?? Buffer.alloc(0))?.width === width);
  // It stays open for its grace time.
  const { state } = await info(id);
  if (state.kind !== 'live') throw new Error(`${id} is ${state.kind}`);
  return state;
}

/** Returns the nodes that capture processes have open. */
const captured = (): readonly OpenNode[] => openNodes().filter(({ command }) => command.includes('capture/'));

/** Returns the value of a control according to v4l2-ctl. */
async function driverValue(node: string, control: string): Promise<number> {
  const { stdout } = await run('v4l2-ctl', ['-d', node, '--get-ctrl', control]);
  // A menu's value is followed by its label: `menu: 4 (Menu Item 4)`.
  return Number(/: (-?\d+)/.exec(stdout)?.[1]);
}

const feeders: ChildProcess[] = [];

/** Feeds a loopback device from a clip until the end. */
function feed(node: string, clip: string, format: string, ...more: readonly string[]): void {
  const input = [...more, '-re', '-f', format, '-framerate', '10', '-i', join(clips, clip)];
  feeders.push(
    spawn('ffmpeg', ['-v', 'error', ...input, '-c:v', 'copy', '-f', 'v4l2', node], {
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  );
}

const all = new Map<Check, () => Promise<void>>();
const check = (name: Check, work: () => Promise<void>): unknown => all.set(name, work);

let found: readonly Device[] = [];
const vivid = (number: number): string => `/dev/v4l/by-bus/platform:vivid-00${number}`;
const nodeOf = (path: string): string => found.find((device) => device.path === path)?.node ?? 'no node';
const loopback = () => found.find(({ name }) => name === 'Loopback')?.path ?? '';
const stream = () => found.find(({ name }) => name === 'Stream')?.path ?? '';

check('finds every capture node, but no output or metadata nodes', async () => {
  await eventually(async () => {
    found = await devices();
    deepStrictEqual(found.map(({ name }) => name).sort(), ['Loopback', 'Stream', 'vivid', 'vivid']);
  });
  deepStrictEqual(
    found.filter(({ name }) => name === 'vivid').map(({ path, bus }) => [path, bus]),
    [
      [vivid(0), 'platform:vivid-000'],
      [vivid(1), 'platform:vivid-001'],
    ],
  );
  equal(nodeOf(loopback()), '/dev/video9');
});

check('lists formats by FFmpeg’s names with all sizes and rates', async () => {
  const modes = found.find(({ path }) => path === vivid(0))?.modes ?? [];
  for (const format of ['yuyv422', 'uyvy422', 'nv12', 'yuv420p', 'rgb24', 'bgr24', 'gray']) {
    ok(
      modes.some((mode) => mode.format === format),
      `${format} is listed`,
    );
  }
  const sizes = new Set(
    modes.filter(({ format }) => format === 'yuyv422').map(({ width, height }) => `${width}x${height}`),
  );
  for (const size of ['320x180', '640x360', '640x480', '1280x720', '1920x1080']) ok(sizes.has(size), size);
  const rates = modes.filter((mode) => mode.format === 'yuyv422' && mode.width === 320).map(({ fps }) => fps);
  deepStrictEqual(rates.slice(0, 4), [60, 50, 40, 30]);
  deepStrictEqual(found.find(({ name }) => name === 'Loopback')?.modes[0]?.format, 'mjpeg');
  deepStrictEqual(found.find(({ name }) => name === 'Stream')?.modes[0]?.format, 'h264');
});

check('adds the devices as cameras at the first start', async () => {
  const cameras = await server.admin.json<CameraInfo[]>('/api/cameras');
  const ids = cameras.map(({ id }) => id);
  for (const id of ['vivid', 'vivid-2']) ok(ids.includes(id), `${id} among ${ids.join(', ')}`);
  equal((await server.admin.json<CameraDetails>('/api/cameras/vivid-2')).source, vivid(1));
});

check('opens raw formats and encodes them in their own size', async () => {
  await use('vivid', `${vivid(0)}?width=320&height=180`);
  const state = await live('vivid', 320);
  equal(state.height, 180);
  equal(state.warning, undefined);
  equal(state.claimedFps, 30);
});

check('opens the wanted mode in several raw formats', async () => {
  for (const format of ['yuyv422', 'nv12', 'rgb24']) {
    await use('vivid', `${vivid(0)}?width=640&height=360&fps=10&format=${format}`);
    const state = await eventually(async () => {
      const now = await live('vivid', 640);
      equal(now.format, format);
      return now;
    });
    deepStrictEqual([state.width, state.height, state.claimedFps, state.warning], [640, 360, 10, undefined]);
  }
});

check('opens the nearest mode with a warning, and reports the claimed rate as well as the measured one', async () => {
  await use('vivid', `${vivid(0)}?width=352&height=198&fps=5`);
  const state = await live('vivid', 320);
  equal(
    state.warning,
    'The camera does not offer 352\u00a0×\u00a0198 at 5\u00a0fps; 320\u00a0×\u00a0180 at 5\u00a0fps was chosen.',
  );
  equal(state.claimedFps, 5);
  await watch('vivid', (jpegs) => jpegs.length >= 25);
  const { state: later } = await info('vivid');
  ok(later.kind === 'live' && later.fps > 0 && later.fps < 8, `measured ${JSON.stringify(later)}`);
});

check('passes MJPEG through byte for byte, without what pads the driver’s buffers', async () => {
  const added = await server.admin.send('POST', '/api/cameras', { name: 'Copy', source: loopback() });
  equal(added.status, 201);
  const clip = readFileSync(join(clips, 'clip.mjpeg'));
  await live('copy', 320);
  const jpegs = await watch('copy', (taken) => taken.length >= 12);
  for (const jpeg of jpegs) {
    equal(inspectJpeg(jpeg)?.length, jpeg.length, 'the part ends where the JPEG ends');
    ok(clip.includes(jpeg), 'the frame is from the clip');
  }
  ok(new Set(jpegs.map((jpeg) => jpeg.toString('latin1'))).size > 3, 'they differ');
});

check('shows an H.264 camera', async () => {
  const added = await server.admin.send('POST', '/api/cameras', { name: 'Coded', source: stream() });
  equal(added.status, 201);
  const state = await live('coded', 320);
  equal(state.format, 'h264');
});

check('reports a device that captures no video', async () => {
  // Porthole tries for ten seconds, which may not be enough to open it in a busy emulation.
  const problem = await eventually(async () => {
    const answer = await server.admin.send('POST', '/api/cameras/test', { source: '/dev/video1' });
    const tried = (await answer.json()) as { ok: boolean; problem: { code: string; message: string } };
    equal(tried.ok, false);
    equal(tried.problem.code, 'source_not_video');
    return tried.problem;
  });
  match(problem.message, /captures no video/);
});

check('reads every type of control like v4l2-ctl', async () => {
  const read = await controls('vivid-2');
  const types = new Set(read.map(({ type }) => type));
  deepStrictEqual([...types].sort(), ['boolean', 'button', 'integer', 'intmenu', 'menu']);
  const { stdout } = await run('v4l2-ctl', ['-d', nodeOf(vivid(1)), '--list-ctrls']);
  let compared = 0;
  for (const line of stdout.split('\n')) {
    const [, id = '', type = ''] = /^\s*(\w+) 0x\w+ \((\w+)\)/.exec(line) ?? [];
    if (!['int', 'bool', 'menu', 'intmenu', 'button'].includes(type)) continue;
    const control = read.find((each) => each.id === id);
    ok(control !== undefined, `${id} is listed`);
    const value = (name: string) => Number(new RegExp(`\\b${name}=(-?\\d+)`).exec(line)?.[1]);
    if (control.type === 'button') continue;
    equal(Number(control.default), value('default'), `${id}: default`);
    if (!line.includes('volatile')) equal(Number(control.value), value('value'), `${id}: value`);
    equal(control.inactive, /inactive|grabbed/.test(line), `${id}: inactive`);
    equal(control.readonly, line.includes('read-only'), `${id}: readonly`);
    if (control.type === 'integer') {
      deepStrictEqual([control.min, control.max, control.step], [value('min'), value('max'), value('step')], id);
    }
    compared += 1;
  }
  ok(compared > 20, `${compared} controls`);
  const menu = read.find(({ id }) => id === 'menu');
  ok(menu?.type === 'menu');
  deepStrictEqual(
    menu.options.map(({ value }) => value),
    [1, 3, 4],
  );
  const numbers = read.find(({ id }) => id === 'integer_menu');
  ok(numbers?.type === 'intmenu');
  deepStrictEqual(
    numbers.options.map(({ label }) => label),
    [2, 3, 5, 8, 13, 21, 42],
  );
});

/** Sets controls. Retries if the device takes too long to respond. */
async function set(id: string, values: Readonly<Record<string, number | boolean>>): Promise<Response> {
  return eventually(async () => {
    const answer = await server.admin.send('PATCH', `/api/cameras/${id}/controls`, values);
    if (answer.status === 503) throw new Error(await answer.text());
    return answer;
  });
}

check('sets controls while the camera is live and while it is closed', async () => {
  const node = nodeOf(vivid(1));
  equal((await set('vivid-2', { brightness: 40, horizontal_flip: true })).status, 200);
  equal(await driverValue(node, 'brightness'), 40);
  equal(await driverValue(node, 'horizontal_flip'), 1);
  await use('vivid-2', `${vivid(1)}?width=320&height=180&fps=10`);
  await live('vivid-2', 320);
  const answer = await set('vivid-2', { brightness: 200, menu: 4, integer_menu: 6, button: true, hue: -100 });
  equal(answer.status, 200, await answer.text());
  deepStrictEqual(
    await Promise.all(['brightness', 'menu', 'integer_menu', 'hue'].map((each) => driverValue(node, each))),
    [200, 4, 6, -100],
  );
});

check('rejects a bad value with the valid range', async () => {
  for (const [values, field, words] of [
    [{ contrast: 5, brightness: 256 }, 'brightness', /from 0 to 255, not 256/],
    [{ menu: 2 }, 'menu', /1 \(Menu Item 1\), 3/],
    [{ read_only_integer_32_bits: 1 }, 'read_only_integer_32_bits', /not changed/],
    [{ nothing: 1 }, 'nothing', /no control/],
  ] as const) {
    const answer = await set('vivid-2', values);
    equal(answer.status, 400);
    const { error } = (await answer.json()) as { error: { code: string; field: string; message: string } };
    deepStrictEqual([error.code, error.field], ['invalid_input', field]);
    match(error.message, words);
  }
  equal(await driverValue(nodeOf(vivid(1)), 'contrast'), 128);
});

check('restores saved controls after a crash of the capture and after a restart', async () => {
  const node = nodeOf(vivid(1));
  const forget = () => run('v4l2-ctl', ['-d', node, '--set-ctrl', 'brightness=1,menu=1,hue=5']);
  const expectSaved = async () => {
    deepStrictEqual(
      await Promise.all(['brightness', 'menu', 'hue'].map((each) => driverValue(node, each))),
      [200, 4, -100],
    );
  };
  const watching = watch('vivid-2', (jpegs) => jpegs.length >= 40);
  watching.catch(() => undefined);
  await eventually(async () => equal((await info('vivid-2')).state.kind, 'live'));
  await forget();
  process.kill(captured().find((each) => each.node === node)?.pid ?? Number.NaN, 'SIGKILL');
  await eventually(expectSaved);
  await watching;
  await server.stop();
  await forget();
  await server.start();
  await live('vivid-2', 320);
  await expectSaved();
});

check('resets controls to the driver’s defaults', async () => {
  const node = nodeOf(vivid(1));
  const answer = await server.admin.send('POST', '/api/cameras/vivid-2/controls/reset');
  equal(answer.status, 200, await answer.text());
  const values = ['brightness', 'menu', 'hue', 'integer_menu', 'horizontal_flip'];
  deepStrictEqual(await Promise.all(values.map((each) => driverValue(node, each))), [128, 3, 0, 4, 0]);
  for (const control of await controls('vivid-2')) {
    if (control.type !== 'button' && !control.readonly && !control.inactive) {
      equal(control.value, control.default, control.id);
    }
  }
});

/** Unloads vivid once nothing captures from it. */
async function unload(): Promise<void> {
  await eventually(() => run('modprobe', ['-r', 'vivid']));
}

check('notifies admins of devices that are unplugged and plugged in', async () => {
  const socket = new WebSocket(`${server.admin.url.replace('http', 'ws')}/live?token=${server.token}`);
  const heard: { names: readonly string[]; at: number }[] = [];
  socket.addEventListener('message', ({ data }) => {
    const event = JSON.parse(String(data)) as { type: string; devices?: readonly Device[] };
    if (event.type === 'devices')
      heard.push({ names: (event.devices ?? []).map(({ name }) => name), at: performance.now() });
  });
  await once(socket, 'open');
  await eventually(async () => equal(captured().filter(({ node }) => node !== '/dev/video9').length, 0));
  await unload();
  await eventually(async () => deepStrictEqual(heard.at(-1)?.names.includes('vivid'), false));
  // In another order and with other numbers.
  await run('modprobe', [
    'vivid',
    'n_devs=2',
    'node_types=0x1,0x1',
    'num_inputs=1,1',
    'input_types=0,0',
    'vid_cap_nr=21,20',
  ]);
  await eventually(async () => equal(heard.at(-1)?.names.filter((name) => name === 'vivid').length, 2));
  socket.close();
});

check('tells two identical cameras apart by their places, with other numbers and in another order', async () => {
  found = await devices();
  deepStrictEqual([nodeOf(vivid(0)), nodeOf(vivid(1))], ['/dev/video21', '/dev/video20']);
  await live('vivid', 320);
  deepStrictEqual(
    [...new Set(captured().map(({ node }) => node))].filter((node) => node.length > 11),
    ['/dev/video21'],
  );
  const details = await server.admin.json<CameraDetails>('/api/cameras/vivid-2');
  equal(details.name, 'vivid 2');
  ok(details.source.startsWith(vivid(1)), details.source);
});

check('lists cameras that are off without opening them', async () => {
  for (const id of ['vivid', 'vivid-2']) {
    equal((await server.admin.send('PATCH', `/api/cameras/${id}`, { enabled: false })).status, 200);
  }
  const listed = (await devices()).filter(({ name }) => name.includes('vivid'));
  deepStrictEqual(listed.map(({ path, modes }) => [path, modes.length]).sort(), [
    [vivid(0), 0],
    [vivid(1), 0],
  ]);
  const answer = await set('vivid', { brightness: 1 });
  match(await answer.text(), /camera_off/);
  deepStrictEqual(
    captured().filter(({ node }) => node.startsWith('/dev/video2')),
    [],
  );
});

feed('/dev/video9', 'clip.mjpeg', 'mjpeg', '-stream_loop', '-1');
feed('/dev/video10', 'clip.h264', 'h264');
// A warm-up run, because the first reads go over a slow file system.
await run(process.execPath, ['--input-type=module', '-e', "await import('node-av/lib'); await import('koffi')"], {
  cwd: root,
});
await server.start();
await perform(all);
await server.stop();
for (const feeder of feeders) feeder.kill('SIGKILL');
process.exit(0);
