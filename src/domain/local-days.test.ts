import { describe, expect, it } from 'vitest';
import { LocalDays } from './local-days.ts';

describe('LocalDays', () => {
  it.each([
    ['UTC', '2026-11-22', '2026-11-22T00:00:00Z', 24],
    ['Asia/Kathmandu', '2026-11-22', '2026-11-21T18:15:00Z', 24],
    ['Pacific/Kiritimati', '2026-11-22', '2026-11-21T10:00:00Z', 24],
    ['Pacific/Pago_Pago', '2026-11-22', '2026-11-22T11:00:00Z', 24],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00Z', 25],
    // Clocks go forward at midnight: the day begins at one.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00Z', 23],
  ])('in %s, %s starts at %s and lasts %d hours', (zone, day, start, hours) => {
    const days = new LocalDays(zone);
    for (let again = 0; again < 2; again += 1) {
      expect(new Date(days.start(day)).toISOString()).toBe(start.replace('Z', '.000Z'));
      expect((days.end(day) - days.start(day)) / 3_600_000).toBe(hours);
    }
    expect(days.of(days.start(day))).toBe(day);
    expect(days.of(days.end(day) - 1)).toBe(day);
  });
});
