// A long run of IP cameras with far more faults than a network has: PORTHOLE_SOAK_MINUTES makes it longer.
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Beats } from '../support/beats.ts';
import { makeJpegs } from '../support/clips.ts';
import { footprint, median } from '../support/footprint.ts';
import { startHttpCamera } from '../support/http-camera.ts';
import { startNetwork } from '../support/network.ts';
import { lacks } from '../support/programs.ts';
import { startRtspLink } from '../support/rtsp-link.ts';
import { startRtspServer } from '../support/rtsp-server.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** How long the test runs, in milliseconds. */
const duration = Number(process.env.PORTHOLE_SOAK_MINUTES ?? 0.4) * 60_000;
/** The time between two faults, in milliseconds; a long run has longer ones, which cost less CPU. */
const pause = Math.min(5_000, duration / 80);
/** A camera that is silent for this long is opened again, in milliseconds. */
const silence = 11_000;
/** How soon every viewer has frames again after a fault, in milliseconds: usually after 3 s. */
const patience = { timeout: 40_000, interval: 100 };
const camera = { width: 320, height: 240, fps: 10, separate: true };

/** The resources that the server uses at one moment. */
interface Sample {
  readonly memory: number;
  readonly descriptors: number;
  readonly threads: number;
  readonly processes: number;
}

/**
 * The growth that still counts as flat: of memory, a share, which is larger for new processes; of the others, a number.
 * Each image that is drawn, such as a notice, needs threads, which end 15 s later.
 */
const mostGrowth: Sample = { memory: duration > 600_000 ? 0.1 : 0.25, descriptors: 4, threads: 12, processes: 2 };

describe.skipIf(lacks('python3 with GstRtspServer'))(
  'in a long run with IP cameras and a bad network, a server',
  () => {
    it('loses no viewer and no memory', { timeout: duration * 2 + 180_000 }, async () => {
      await using shared = await startRtspServer(camera);
      let own = await startRtspServer(camera);
      const port = Number(new URL(own.url).port);
      await using tcp = await startRtspLink(shared.url);
      await using udp = await startRtspLink(shared.url);
      const [whole, broken] = [await makeJpegs(10), Buffer.from('neither a frame nor nothing')];
      await using web = await startHttpCamera([...whole, broken], camera.fps);
      await using lan = await startNetwork(web.url);
      const sources = { tcp: tcp.url, udp: `${udp.url}#udp`, own: own.url, web: `${lan.url}/` };
      const args = Object.entries(sources).flatMap(([name, source]) => ['--camera', `${name}=${source}`]);
      await using server = await startServer({ args: [...args, '--rtsp-port', '0', '--log-level', 'info'] });
      const headers = { authorization: `Bearer ${await server.token()}` };
      const rtspPort = Number(server.log.find(({ msg }) => msg === 'listening for RTSP')?.port);
      const url = (name: string, path: string): string => `${server.url}/cameras/${name}/${path}`;

      using stack = new DisposableStack();
      const viewers = [
        ...Object.keys(sources).map((name) =>
          Beats.mjpeg(`${name} MJPEG`, url(name, 'stream.mjpeg?width=160'), headers),
        ),
        Beats.mjpeg('web as it is', url('web', 'stream.mjpeg'), headers),
        ...['tcp', 'udp', 'own'].map((name) => Beats.mp4(`${name} MP4`, url(name, 'live.mp4'), headers)),
        Beats.page('own page', server.url, headers, { camera: 'own', width: 'source', codec: 'h264' }),
        Beats.page('web page', server.url, headers, { camera: 'web', width: 'source', codec: 'jpeg' }),
        Beats.whep('own WHEP', url('own', 'whep'), headers),
        Beats.rtsp('tcp RTSP', rtspPort, 'tcp', headers),
        Beats.rtsp('own RTSP', rtspPort, 'own', headers),
      ].map((each) => stack.use(each));

      /** Waits until every viewer has got frames for a second. A notice, which also counts, would be one. */
      const everybodySees = async (what: string): Promise<void> => {
        const before = viewers.map(({ count }) => count);
        const blind = (): readonly string[] =>
          viewers.flatMap(({ name, count, ended }, at) => {
            if (ended !== null) return [`${name}: ${ended}`];
            return count < (before[at] as number) + camera.fps ? [name] : [];
          });
        await expect.poll(blind, { ...patience, message: what }).toEqual([]);
      };

      const junk = [
        Buffer.alloc(300),
        Buffer.from('\r\nOne more line\r\n\r\n'),
        Buffer.from('$\0\x05\xdc\x80half', 'latin1'),
      ];
      const transcoders = (): readonly number[] =>
        server.children.filter(({ command }) => /transcoder\/main\.[jt]s/.test(command)).map(({ pid }) => pid);
      const faults: Readonly<Record<string, (turn: number) => Promise<void>>> = {
        async 'lost packets'() {
          udp.loss = 0.1;
          await delay(2_000);
          udp.loss = 0;
        },
        async 'junk between packets'(turn) {
          for (const each of [junk[turn % junk.length], junk[(turn + 1) % junk.length]]) {
            tcp.disturb(each as Buffer);
            await delay(300);
          }
        },
        async 'connections cut'() {
          for (const link of [tcp, udp]) link.cut();
          lan.cut();
          await delay(500);
          lan.mend();
        },
        async 'a transcoder killed'(turn) {
          const running = transcoders();
          process.kill(running[turn % running.length] as number, turn % 2 === 0 ? 'SIGKILL' : 'SIGSEGV');
        },
        async 'a camera restarted with another size'(turn) {
          await own.stop();
          await delay(500);
          own = await startRtspServer({ ...camera, port, width: turn % 2 === 0 ? 352 : 320 });
        },
        async 'silent cameras'() {
          for (const each of [shared, own]) each.signal('SIGSTOP');
          lan.hush();
          await delay(silence);
          for (const each of [shared, own]) each.signal('SIGCONT');
          lan.mend();
        },
        async 'viewers that come and go'(turn) {
          const names = Object.keys(sources);
          const name = names[turn % names.length] as string;
          using _mjpeg = Beats.mjpeg('guest', url(name, 'stream.mjpeg?width=240'), headers);
          using _page = Beats.page('guest', server.url, headers, { camera: name, width: 240, codec: 'h264' });
          using _rtsp = Beats.rtsp('guest', rtspPort, `${name}?width=240`, headers);
          const signal = AbortSignal.timeout(20_000);
          await (await fetch(url(name, 'snapshot.jpg?width=200'), { headers, signal })).arrayBuffer();
          await delay(1_000);
        },
      };

      try {
        await everybodySees('at first');
        // What loads late is loaded, and after two crashes, no camera shares its transcoder with another one.
        for (const turn of [1, 2]) {
          for (const pid of transcoders()) process.kill(pid, 'SIGKILL');
          await everybodySees(`after crash ${turn} of all transcoders`);
          await faults['viewers that come and go']?.(turn);
        }
        const samples: Sample[] = [];
        const timer = setInterval(() => samples.push(sample(server)), Math.max(500, duration / 1_000));
        const begin = performance.now();
        const turns: [number, string][] = [];
        const inTurn = Object.entries(faults);
        for (let count = 0; count < inTurn.length || performance.now() < begin + duration; count += 1) {
          const [name, fault] = inTurn[count % inTurn.length] as (typeof inTurn)[number];
          const turn = Math.floor(count / inTurn.length);
          await fault(turn);
          const over = performance.now();
          await everybodySees(`after ${name}, turn ${turn}`);
          turns.push([Math.round(performance.now() - over), name]);
          await delay(pause);
        }
        clearInterval(timer);
        const kept = samples.slice(Math.floor(samples.length / 4));
        const changes = (['memory', 'descriptors', 'threads', 'processes'] as const).map((what) => {
          const third = Math.ceil(kept.length / 3);
          const [from, to] = [kept.slice(0, third), kept.slice(-third)].map((each) =>
            median(each.map((one) => one[what])),
          );
          return { what, from: from as number, to: to as number };
        });
        const slowest = Object.keys(faults).map((name) => {
          const times = turns.filter(([, each]) => each === name).map(([time]) => time);
          return `${name} ${median(times)}, at most ${Math.max(...times)}`;
        });
        process.stdout.write(
          `${turns.length} faults, ${udp.lost} packets lost; ` +
            `${changes.map(({ what, from, to }) => `${what} ${from} → ${to}`).join(', ')}; first frames / longest gaps in ms: ` +
            `${viewers.map(({ name, first, longestGap }) => `${name} ${Math.round(first)} / ${Math.round(longestGap)}`).join(', ')}; ` +
            `everybody sees again in ms after ${slowest.join(', ')}\n`,
        );
        for (const { what, from, to } of changes)
          expect(to - from, what).toBeLessThan(mostGrowth[what] * (what === 'memory' ? from : 1));
        expect(server.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
      } finally {
        await own.stop();
      }
    });
  },
);

/** Measures the server; memory in MiB. */
function sample(server: TestServer): Sample {
  const { anonymous, descriptors, threads } = footprint(server.pid);
  return {
    memory: Math.round(anonymous / 2 ** 20),
    descriptors: descriptors.length,
    threads,
    processes: server.children.length,
  };
}
