// Runs in the guest of with-v4l2: tests Porthole, as an unprivileged user, with drivers that fail. Writes a line of
// JSON per check and the server's log to the results folder. Arguments: the folder with the clips, the folder for the
// results.
import { deepStrictEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, chownSync, read as readDescriptor, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { load } from 'koffi';
import type { CameraInfo, CameraState } from '../../src/domain/cameras/camera.ts';
import { SteadyMultipart, SteadyPage } from '../support/steady-viewer.ts';
import { type FaultCheck } from './faults-checks.ts';
import { capturePids, clips, eventually, GuestServer, openNodes, patience, perform, run } from './guest-support.ts';

/** An unprivileged user, because permissions do not apply to root. */
const nobody = 65_534;
const asNobody = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];

const bus = '/dev/v4l/by-bus/platform:vivid-000';
const front = `${bus}?width=320&height=180&fps=10`;
const loopback = '/dev/video9';
/** The current node of vivid's first camera. */
let node = '/dev/video0';

const server = new GuestServer(['--camera', `front=${front}`, '--camera', `copy=${loopback}`, '--grace', '3'], {
  prefix: ['setpriv', ...asNobody],
  env: { HOME: '/tmp/nobody' },
});

const state = async (): Promise<CameraState> => (await server.admin.json<CameraInfo>('/api/cameras/front')).state;

/** Returns the code of the camera's problem; the kind of its state if it has none. */
const trouble = (each: { readonly kind: string; readonly problem?: unknown }): string =>
  (each.problem as { code: string } | undefined)?.code ?? each.kind;

/** Sets a control of vivid, or presses a button. */
const set = (control: string, value = 1): Promise<unknown> =>
  run('v4l2-ctl', ['-d', node, '--set-ctrl', `${control}=${value}`]);

/** Returns the processes that have vivid's first camera open. */
const openers = (): readonly number[] => [
  ...new Set(openNodes().flatMap((each) => (each.node === node ? [each.pid] : []))),
];

/** Sets the group of the device, as udev does. */
function allow(mode = 0o666): void {
  for (const name of readdirSync('/dev')) if (/^video\d+$/.test(name)) chmodSync(join('/dev', name), mode);
}

const openStream = (camera: string): Promise<SteadyMultipart> =>
  SteadyMultipart.open(`${server.admin.url}/cameras/${camera}/stream.mjpeg`, server.token);

const openPage = (): Promise<SteadyPage> => SteadyPage.open(server.admin.url, server.token, 'front', 160);

/** Two viewers that watch the camera through all failures. */
class Watchers {
  readonly stream: SteadyMultipart;
  readonly page: SteadyPage;

  constructor(stream: SteadyMultipart, page: SteadyPage) {
    this.stream = stream;
    this.page = page;
  }
  static async open(): Promise<Watchers> {
    const stream = await openStream('front');
    return new Watchers(stream, await openPage());
  }
  /** Resolves when both receive frames of the camera. The page gets no placeholder frames. */
  async live(): Promise<void> {
    await eventually(async () => equal(trouble(await state()), 'live'));
    await this.page.next(() => true, patience, 'a live frame');
    await this.stream.next(() => true, patience, 'a live frame');
    this.whole();
  }
  whole(): void {
    deepStrictEqual([...this.stream.complaints, ...this.page.complaints], []);
  }
  /** Returns the states received by the page since an earlier length of `told`. */
  codes(since: number): readonly string[] {
    return this.page.told.slice(since).map((each) => trouble(each.state));
  }
  [Symbol.dispose](): void {
    this.stream.close();
    this.page.close();
  }
}

const all = new Map<FaultCheck, () => Promise<void>>();
const check = (name: FaultCheck, work: () => Promise<void>): unknown => all.set(name, work);

check(
  'a loopback camera’s MJPEG reaches viewers byte for byte and in order, without the rest of a larger frame behind it',
  async () => {
    const clip = readFileSync(join(clips, 'clip.mjpeg'));
    const jpegs: Buffer[] = [];
    for (let at = 0; at < clip.length;) {
      const end = clip.indexOf(Buffer.from([0xff, 0xd9]), at) + 2;
      jpegs.push(clip.subarray(at, end));
      at = end;
    }
    equal(jpegs.length, 12);
    const input = ['-stream_loop', '-1', '-re', '-f', 'mjpeg', '-framerate', '5', '-i', join(clips, 'clip.mjpeg')];
    const feeder = spawn('ffmpeg', ['-v', 'error', ...input, '-c:v', 'copy', '-f', 'v4l2', loopback], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    try {
      // A loopback device is a camera only while a program feeds it.
      await eventually(async () => {
        const { stdout } = await run('v4l2-ctl', ['-d', loopback, '--get-fmt-video']);
        match(stdout, /MJPG/);
      });
      using viewer = await eventually(() => openStream('copy'));
      const seen: number[] = [];
      while (seen.length < 30) {
        const { jpeg } = await viewer.next(() => true, patience, 'a frame');
        const index = jpegs.findIndex((each) => each.equals(jpeg));
        // Placeholder frames may arrive while it opens, but not after its first frame.
        if (index === -1) equal(seen.length, 0, 'the frame is from the clip');
        else if (index !== seen.at(-1)) seen.push(index);
      }
      ok(new Set(seen).size > 6, `pictures ${seen.join(' ')}`);
      for (const [at, index] of seen.entries()) {
        const step = at === 0 ? 1 : (index - (seen[at - 1] ?? 0) + jpegs.length) % jpegs.length;
        ok(step > 0 && step < jpegs.length / 2, `pictures ${seen.join(' ')}: in their order`);
      }
    } finally {
      feeder.kill('SIGKILL');
    }
  },
);

check(
  'keeps the viewers of an unplugged camera, tells them what happened and when, and continues when it is back',
  async () => {
    using watchers = await Watchers.open();
    await watchers.live();
    for (let time = 0; time < 2; time += 1) {
      const told = watchers.page.told.length;
      const pulledAt = Date.now();
      await set('disconnect');
      // vivid returns when its last handle is closed, so Porthole must close all of its handles.
      await eventually(() => ok(watchers.codes(told).includes('camera_unplugged'), watchers.codes(told).join(' ')));
      const event = watchers.page.told.slice(told).find((each) => trouble(each.state) === 'camera_unplugged');
      const { since, problem } = event?.state as Extract<CameraState, { kind: 'reconnecting' }>;
      ok(since >= pulledAt && since <= Date.now(), 'since when');
      match(problem.detail ?? '', /vivid-000/);
      await eventually(() => equal(watchers.codes(told).at(-1), 'live'));
      await watchers.live();
    }
  },
);

check('finds a camera again under another number after its driver was unloaded', async () => {
  using watchers = await Watchers.open();
  await watchers.live();
  const told = watchers.page.told.length;
  await set('disconnect');
  await eventually(() => run('modprobe', ['-r', 'vivid']));
  await eventually(async () => equal(trouble(await state()), 'camera_unplugged'));
  // Later attempts find no device, but the problem and its time stay the same.
  const first = await state();
  await delay(3_000);
  const later = await state();
  equal(trouble(later), 'camera_unplugged');
  deepStrictEqual('since' in later && later.since, 'since' in first && first.since);
  await run('modprobe', [
    'vivid',
    'n_devs=2',
    'node_types=0x1,0x1',
    'num_inputs=1,1',
    'input_types=0,0',
    'vid_cap_nr=31,30',
  ]);
  node = '/dev/video31';
  allow();
  await watchers.live();
  ok(openers().length > 0, 'the same camera is open');
  ok(!watchers.codes(told).includes('camera_missing'), watchers.codes(told).join(' '));
});

check('drops only frames when buffers are damaged and a third of them is lost', async () => {
  using watchers = await Watchers.open();
  await watchers.live();
  const [before] = capturePids();
  await set('percentage_of_dropped_buffers', 30);
  for (let count = 0; count < 8; count += 1) {
    await set('inject_v4l2_buf_flag_error');
    await watchers.stream.next(() => true, patience, 'a frame');
  }
  await set('percentage_of_dropped_buffers', 0);
  await watchers.live();
  deepStrictEqual(capturePids(), [before], 'the capture process is the same');
});

check('recovers from errors of the driver during streaming and at the start', async () => {
  using watchers = await Watchers.open();
  await watchers.live();
  for (let count = 0; count < 3; count += 1) await set('inject_vidioc_qbuf_error');
  await watchers.live();
  const told = watchers.page.told.length;
  await set('inject_fatal_streaming_error');
  await eventually(() => ok(watchers.codes(told).includes('live')));
  await watchers.live();
  for (const step of ['streamon', 'reqbufs']) {
    const [pid = 0] = capturePids();
    const since = watchers.page.told.length;
    await set(`inject_vidioc_${step}_error`);
    process.kill(pid, 'SIGKILL');
    await eventually(() => equal(watchers.codes(since).at(-1), 'live', step));
    await watchers.live();
  }
});

check('replaces a capture process that is killed in the middle of a frame, and sends no damaged frame', async () => {
  using watchers = await Watchers.open();
  await watchers.live();
  for (const signal of ['SIGSEGV', 'SIGKILL'] as const) {
    const [pid = 0] = capturePids();
    const told = watchers.page.told.length;
    process.kill(pid, signal);
    await eventually(() => deepStrictEqual(watchers.codes(told).slice(0, 1), ['capture_crashed']));
    await watchers.live();
    notEqual(capturePids()[0], pid);
  }
});

check('names the program that uses a busy camera, and continues when it exits', async () => {
  await eventually(() => deepStrictEqual(openers(), []));
  const other = spawn('setpriv', [...asNobody, 'v4l2-ctl', '-d', node, '--stream-mmap'], { stdio: 'ignore' });
  try {
    await eventually(() => equal(openers().length, 1));
    await delay(1_000);
    using page = await openPage();
    await eventually(async () => {
      const now = await state();
      equal(trouble(now), 'camera_busy');
      match('problem' in now ? now.problem.message : '', new RegExp(`in use by v4l2-ctl \\(pid ${other.pid}\\)`));
    });
    // A request for a photo fails with the same problem, unless the attempts take too long.
    await eventually(async () => {
      const answer = await server.admin.send('POST', '/api/cameras/front/photos');
      equal(answer.status, 503);
      match(await answer.text(), /v4l2-ctl/);
    });
    other.kill('SIGKILL');
    await page.next(() => true, patience, 'a live frame');
    equal(trouble(await state()), 'live');
    deepStrictEqual(page.complaints, []);
  } finally {
    other.kill('SIGKILL');
  }
});

check('reports a camera without permission, and continues when it is allowed', async () => {
  using watchers = await Watchers.open();
  await watchers.live();
  allow(0);
  process.kill(capturePids()[0] ?? 0, 'SIGKILL');
  try {
    await eventually(async () => equal(trouble(await state()), 'camera_forbidden'));
  } finally {
    allow();
  }
  await watchers.live();
});

check('closes the camera when nobody watches', async () => {
  {
    using watchers = await Watchers.open();
    await watchers.live();
    ok(openers().length > 0);
  }
  await eventually(() => deepStrictEqual(openers(), []));
  deepStrictEqual(await state(), { kind: 'closed' });
});

/** Counts how often a file is opened (inotify(7)). */
async function opensOf(path: string, work: () => Promise<void>): Promise<number> {
  const [IN_OPEN, IN_NONBLOCK] = [0x20, 0o4000];
  const libc = load('libc.so.6');
  const start = libc.func('int inotify_init1(int flags)') as (flags: number) => number;
  const add = libc.func('int inotify_add_watch(int fd, const char *path, uint32_t mask)') as (
    fd: number,
    path: string,
    mask: number,
  ) => number;
  const descriptor = start(IN_NONBLOCK);
  ok(add(descriptor, path, IN_OPEN) > 0, 'inotify works');
  try {
    await work();
    const buffer = Buffer.alloc(4_096);
    // Events of the file itself have no name and take 16 bytes each. EAGAIN means that there are none.
    const { bytesRead } = await promisify(readDescriptor)(descriptor, buffer, 0, buffer.length, null).catch(() => ({
      bytesRead: 0,
    }));
    return bytesRead / 16;
  } finally {
    closeSync(descriptor);
  }
}

check('never opens a camera that is off, even after a restart', async () => {
  equal(
    (await opensOf(node, async () => void (await run('v4l2-ctl', ['-d', node, '--all'])))) > 0,
    true,
    'opens count',
  );
  equal((await server.admin.send('PATCH', '/api/cameras/front', { enabled: false })).status, 200);
  await eventually(() => deepStrictEqual(openers(), []));
  const tryEverything = async (): Promise<void> => {
    for (const [method, path] of [
      ['POST', '/api/cameras/front/photos'],
      ['POST', '/api/cameras/front/retry'],
      ['GET', '/api/cameras/front/controls'],
      ['GET', '/api/cameras/front'],
      ['GET', '/api/devices'],
      ['GET', '/cameras/front/snapshot.jpg'],
      ['GET', '/cameras/front/stream.mjpeg'],
      ['GET', '/cameras/front/poster.jpg'],
      ['GET', '/settings/cameras/front'],
    ] as const) {
      await (await server.admin.send(method, path)).arrayBuffer();
    }
    using _ = await openPage();
    await delay(2_000);
    deepStrictEqual(await state(), { kind: 'off' });
  };
  equal(await opensOf(node, tryEverything), 0, 'while it runs');
  await server.stop('SIGTERM');
  const again = async (): Promise<void> => {
    await server.start();
    await tryEverything();
  };
  equal(await opensOf(node, again), 0, 'after a restart');
  equal((await server.admin.send('PATCH', '/api/cameras/front', { enabled: true })).status, 200);
});

check('closes the camera after the server was killed', async () => {
  {
    using watchers = await Watchers.open();
    await watchers.live();
    ok(openers().length > 0);
    await server.stop('SIGKILL');
    await eventually(() => deepStrictEqual(openers(), []));
    deepStrictEqual(capturePids(), []);
  }
});

mkdirSync('/tmp/nobody');
mkdirSync('/tmp/data', { mode: 0o700 });
for (const folder of ['/tmp/nobody', '/tmp/data']) chownSync(folder, nobody, nobody);
allow();
await server.start();
await perform(all);
await server.stop('SIGKILL');
process.exit(0);
