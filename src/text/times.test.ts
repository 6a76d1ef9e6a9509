import { describe, expect, it } from 'vitest';
import { Times } from './times.ts';

const at = Date.UTC(2026, 10, 22, 23, 30, 5);
const berlin = new Times({ locale: 'en-GB', zone: 'Europe/Berlin', serverZone: 'UTC' });
const unknown = new Times({ locale: 'en-GB', zone: null, serverZone: 'UTC' });

describe('times', () => {
  it("are in the viewer's zone", () => {
    expect(berlin.write(at, 'clock')).toBe('00:30:05');
    expect(berlin.write(at, 'moment')).toMatch(/^Mon,? 23 Nov 2026, 00:30$/);
    expect(berlin.write(at, 'exact')).toMatch(/00:30:05$/);
    expect(berlin.dayOf(at)).toBe('2026-11-23');
  });

  it("are in the server's zone, with its name, while the viewer's is unknown", () => {
    expect(unknown.write(at, 'clock')).toBe('23:30:05 UTC');
    expect(unknown.write(at, 'moment')).toMatch(/23:30 UTC$/);
    expect(unknown.dayOf(at)).toBe('2026-11-22');
  });

  it('have the format of the region', () => {
    expect(new Times({ locale: 'en-US', zone: 'UTC', serverZone: 'UTC' }).write(at, 'clock')).toMatch(/^11:30:05\sPM$/);
  });

  it("tell the server's time with its zone", () => {
    expect(berlin.atServer(at)).toMatch(/^Sun,? 22 Nov 2026, 23:30:05 UTC$/);
  });

  it('of a start have a date unless that was today', () => {
    expect(berlin.write(at, 'since', at + 1_000)).toBe('Since 00:30:05');
    expect(berlin.write(at, 'since', at + 86_400_000)).toMatch(/^Since Mon,? 23 Nov 2026, 00:30$/);
  });

  it("have days with names near the viewer's today", () => {
    expect(berlin.heading('2026-11-23', at)).toBe('Today');
    expect(berlin.heading('2026-11-22', at)).toBe('Yesterday');
    expect(unknown.heading('2026-11-22', at)).toBe('Today');
    expect(berlin.heading('2026-11-15', at)).toBe('Sunday 15 November');
    expect(berlin.heading('2025-12-31', at)).toMatch(/^Wednesday,? 31 December 2025$/);
  });
});
