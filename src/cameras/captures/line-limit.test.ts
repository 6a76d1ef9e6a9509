import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cameraLimits } from '../../domain/cameras/camera-limits.ts';
import { LineLimit } from './line-limit.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('allows a number of lines per minute and level, and says how many were left out', () => {
  const printed: string[] = [];
  const limit = new LineLimit<'warn' | 'debug'>((level, text) => printed.push(`${level}: ${text}`));
  const allowed = Array.from({ length: 8_068 }, () => limit.allows('warn')).filter(Boolean);
  expect(allowed).toHaveLength(cameraLimits.logLines);
  expect(limit.allows('debug')).toBe(true);
  vi.advanceTimersByTime(60_000);
  const omitted = 8_068 - cameraLimits.logLines;
  expect(printed).toEqual([`warn: ${omitted} more lines about this camera were left out in the last minute`]);
  expect(limit.allows('warn')).toBe(true);
  vi.advanceTimersByTime(60_000);
  expect(printed).toHaveLength(1);
});
