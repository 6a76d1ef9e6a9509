import { m } from '#messages';
import { formatWord } from '../../text/format-word.ts';
import { joined } from '../../text/joined.ts';
import { numberWord, sizeWord, withUnit } from '../../text/numbers.ts';
import { fpsWord, rateWord } from '../../text/view-state.ts';
import { savesData } from '../lib/data-saver.ts';
import type { LivePlayer } from './live-player.ts';

/** Stats as texts, by the value of `data-figure` on the page. */
export type StatTexts = Readonly<Record<(typeof statNames)[number], string>>;

/** Names of the stats, in order. */
export const statNames = [
  'transport',
  'codec',
  'size',
  'fps',
  'age',
  'bitrate',
  'drops',
  'mode',
  'source-rate',
  'warning',
] as const;

const unknown = '–';

/** The current stats of a player as texts. */
export function statTexts(player: LivePlayer): StatTexts {
  const { display, transport, camera, size, stats } = player;
  const { fps, age, bitrate } = stats ?? { fps: 0, age: null, bitrate: 0 };
  const source = camera?.state.kind === 'live' ? camera.state : null;
  return {
    transport: transport === 'mjpeg' ? m.player_mjpeg() : display.transportName,
    codec: transport === 'jpeg' || transport === 'mjpeg' ? 'JPEG' : 'H.264',
    size: size.width > 0 ? sizeWord(size) : unknown,
    fps: fpsWord(fps, 1) || unknown,
    age: age === null ? unknown : ageWord(age),
    bitrate: bitrate > 0 ? bitrateWord(bitrate) : unknown,
    drops: stats === null ? unknown : String(stats.drops),
    mode: source === null ? unknown : `${sizeWord(source)} ${formatWord(source.format)}`,
    'source-rate': (source !== null && rateWord(source.fps, source.claimedFps)) || unknown,
    // The server has said it in the language of this page.
    warning: typeof source?.warning === 'string' ? source.warning : '',
  };
}

/** The short form next to "Live": `15 fps · 80 ms`, and that data is saved. */
export function statsLine(player: LivePlayer): string {
  const { fps, age } = player.stats ?? { fps: 0, age: null };
  const saver = savesData() ? m.player_saves_data() : '';
  return joined(fpsWord(fps, 1), age === null ? '' : ageWord(age), saver);
}

function ageWord(age: number): string {
  return age < 1000 ? withUnit(Math.round(age), 'ms') : withUnit(numberWord(age / 1000, { least: 1 }), 's');
}

function bitrateWord(bits: number): string {
  return bits < 950_000
    ? withUnit(Math.round(bits / 1000), 'kbit/s')
    : withUnit(numberWord(bits / 1_000_000, { least: 1 }), 'Mbit/s');
}
