// Random input of every kind on a real server, next to a viewer that keeps its frames. Two minutes as a test; longer with
// `npm run fuzz -- --minutes 30 --seed N`.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SteadyMultipart } from '../support/steady-viewer.ts';
import { apiCalls } from './api-calls.ts';
import { brokenCameras } from './broken-cameras.ts';
import { forms } from './forms.ts';
import { httpRequests } from './http-requests.ts';
import { Random } from './random.ts';
import { type Attack, canary, type Finding, Target } from './target.ts';
import { webSockets } from './web-sockets.ts';
import { whepSessions } from './whep-sessions.ts';

const minutes = Number(process.env.PORTHOLE_FUZZ_MINUTES ?? '2');
const seed = process.env.PORTHOLE_FUZZ_SEED ?? '20261128';
/** Whether this is a run by hand, which uses the whole machine. Next to other tests, there are pauses. */
const isByHand = process.env.PORTHOLE_FUZZ_MINUTES !== undefined;
const pause = isByHand ? 1 : 40;
/** The last inputs of each attack that are kept, and their longest, in bytes. */
const mostNotes = 30;
const longestNote = 200_000;
/** The resident memory of the server and the longest time without a frame: many times what is usual. */
const mostMegabytes = 1_000;
const longestGap = 15_000;

it(
  'a server under random input answers, keeps its viewers, and returns what it took',
  async () => {
    console.log(`fuzz: seed ${seed}, ${minutes} minutes`);
    const target = await Target.start(seed);
    const { server } = target;
    const findings: Finding[] = [];
    const steps: Record<string, number> = {};
    const answers: Record<string, Record<number, number>> = {};
    const notes = new Map<string, string[]>();
    try {
      using viewer = await SteadyMultipart.open(`${server.url}/cameras/${canary}/stream.mjpeg`, target.canaryToken);
      await viewer.next(() => true, 20_000, 'the first frame');
      const attacks: readonly Attack[] = [
        httpRequests(target),
        await apiCalls(target),
        await forms(target),
        webSockets(target),
        whepSessions(target),
        brokenCameras(target),
      ];
      const files = await filesOf(server.pid);
      viewer.longestGap = 0;
      const end = performance.now() + minutes * 60_000;
      const goesOn = (): boolean => performance.now() < end && findings.length === 0;

      const run = async ({ name, step }: Attack): Promise<void> => {
        const kept: string[] = [];
        notes.set(name, kept);
        const counts = (answers[name] = {} as Record<number, number>);
        for (let at = 0; goesOn(); at += 1) {
          steps[name] = at + 1;
          const own = `${seed}/${name}/${at}`;
          let input = '';
          const fail = (why: string): void => void findings.push({ attack: name, seed: own, why, input });
          await step({
            random: new Random(own),
            note: (given) => {
              input = typeof given === 'string' ? given : given.toString('latin1');
              kept.push(`${own}\n${input.slice(0, longestNote)}`);
              if (kept.length > mostNotes) kept.shift();
            },
            answered: (status, text = '') => {
              counts[status] = (counts[status] ?? 0) + 1;
              if (status === 500 || status === 599) fail(`answered ${status} ${text.slice(0, 500)}`);
            },
          }).catch((error: unknown) => fail(`the attack itself failed: ${String((error as Error).stack)}`));
          await delay(pause);
        }
      };

      let peak = 0;
      const watch = async (): Promise<void> => {
        const fail = (why: string): void => void findings.push({ attack: 'the server', seed, why, input: '' });
        let looked = 0;
        while (goesOn()) {
          await delay(500);
          peak = Math.max(peak, await residentOf(server.pid).catch(() => Infinity));
          const health = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(20_000) }).catch(
            () => null,
          );
          if (health?.status !== 200) fail(`/healthz: ${health?.status ?? 'no answer'}`);
          if (peak > mostMegabytes) fail(`${peak} MB`);
          if (viewer.complaints.length > 0) fail(`the viewer: ${viewer.complaints.join('; ')}`);
          if (viewer.longestGap > longestGap) fail(`the viewer had no frame for ${viewer.longestGap} ms`);
          const complaint = problemIn(server.output.slice(looked));
          if (complaint !== undefined) fail(complaint);
          looked = Math.max(0, server.output.length - 10_000);
        }
      };

      await Promise.all([watch(), ...attacks.map(run)]);
      console.log(
        `fuzz: ${viewer.received} frames, longest gap ${Math.round(viewer.longestGap)} ms, ${Math.round(peak)} MB\n` +
          attacks
            .map(({ name }) => `${name}: ${steps[name]} steps, answers ${JSON.stringify(answers[name])}`)
            .join('\n'),
      );
      if (findings.length === 0) {
        // Refusals alone would show nothing.
        for (const { name } of attacks)
          expect(
            [200, 101, 201, 303].map((each) => answers[name]?.[each] ?? 0),
            name,
          ).not.toEqual([0, 0, 0, 0]);
        const { received } = viewer;
        await expect.poll(() => viewer.received, { timeout: 20_000 }).toBeGreaterThan(received + 5);
        // Kept-alive connections of this test and captures that are ending.
        await expect.poll(() => filesOf(server.pid), { timeout: 60_000 }).toBeLessThanOrEqual(files + 20);
      }
    } finally {
      if (findings.length > 0) await keep(findings, notes, server.output);
      await target
        .stop()
        .catch((error: unknown) => findings.push({ attack: 'the end', seed, why: String(error), input: '' }));
    }
    expect(findings.map(({ why, seed: own }) => `${own}: ${why}`)).toEqual([]);
  },
  minutes * 60_000 + 180_000,
);

/** A line of the log about an error that nobody expected. */
function problemIn(output: string): string | undefined {
  return output
    .split('\n')
    .find(
      (line) =>
        /"level":"(error|fatal)"|unhandled|uncaught|\bat .*\.[jt]s:\d+:\d+\)?$/i.test(line) &&
        !/"level":"(info|warn|debug)"/.test(line),
    );
}

/** Saves what broke the server, and says where. */
async function keep(
  findings: readonly Finding[],
  notes: ReadonlyMap<string, readonly string[]>,
  output: string,
): Promise<void> {
  const file = join(tmpdir(), `porthole-fuzz-${seed}-${Date.now()}.txt`);
  const parts = [
    ...findings.map((each) => JSON.stringify(each, null, 2)),
    ...[...notes].map(([name, inputs]) => `== the last inputs of ${name}\n${inputs.join('\n--\n')}`),
    `== the log\n${output.slice(-100_000)}`,
  ];
  await writeFile(file, parts.join('\n\n'), 'latin1');
  console.log(`fuzz: failed with seed ${seed}; the inputs are in ${file}`);
}

async function filesOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** The resident memory of a process, in megabytes. */
async function residentOf(pid: number): Promise<number> {
  return Number(/VmRSS:\s*(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}
