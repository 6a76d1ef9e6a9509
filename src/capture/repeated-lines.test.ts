import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RepeatedLines } from './repeated-lines.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function make() {
  const printed: string[] = [];
  return { printed, lines: new RepeatedLines<string>((level, text) => printed.push(`${level} ${text}`)) };
}

it('prints a line at once, and then how often it was repeated', () => {
  const { printed, lines } = make();
  for (let frame = 0; frame < 215; frame += 1)
    lines.add('warn', `[h264 @ 0x7f${frame}] error while decoding MB ${frame} 3`);
  expect(printed).toEqual(['warn [h264 @ 0x7f0] error while decoding MB 0 3']);
  vi.advanceTimersByTime(10_000);
  expect(printed[1]).toBe('warn [h264 @ 0x7f214] error while decoding MB 214 3 (repeated 214 times)');
});

it('prints other lines and levels, and a line that comes again later', () => {
  const { printed, lines } = make();
  for (const [level, text] of [
    ['warn', 'RTP: missed 3 packets'],
    ['warn', 'RTP: missed 4 packets'],
    ['debug', 'RTP: missed 5 packets'],
    ['warn', 'no start code'],
  ] as const) {
    lines.add(level, text);
  }
  expect(printed).toEqual(['warn RTP: missed 3 packets', 'debug RTP: missed 5 packets', 'warn no start code']);
  vi.advanceTimersByTime(10_000);
  expect(printed.slice(3)).toEqual(['warn RTP: missed 4 packets']);
  vi.advanceTimersByTime(60_000);
  lines.add('warn', 'no start code');
  expect(printed.slice(4)).toEqual(['warn no start code']);
});

it('prints less and less of a line that goes on', () => {
  const { printed, lines } = make();
  for (let second = 0; second < 3_600; second += 1) {
    lines.add('warn', 'cannot decode');
    vi.advanceTimersByTime(1_000);
  }
  expect(printed.length).toBeLessThan(25);
});

it('counts lines of too many kinds as one kind', () => {
  const { printed, lines } = make();
  const word = (index: number): string =>
    index.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)] ?? '');
  for (let index = 0; index < 8_000; index += 1) lines.add('warn', `unknown tag ${word(index)}`);
  expect(printed.length).toBeLessThan(60);
  vi.advanceTimersByTime(10_000);
  expect(printed.at(-1)).toMatch(/^warn unknown tag \w+ \(and 79\d\d other lines\)$/);
  expect(printed.length).toBeLessThan(110);
});
