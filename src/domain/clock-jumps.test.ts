import { expect, it } from 'vitest';
import { ClockJumps } from './clock-jumps.ts';

it('a clock that is set is noticed until it is settled; one that drifts is not', () => {
  const clock = { wall: 1_000_000, steady: 0 };
  const pass = (steady: number, wall = steady): void => {
    clock.steady += steady;
    clock.wall += wall;
  };
  const jumps = new ClockJumps(
    () => clock.wall,
    () => clock.steady,
    () => clock.steady,
  );
  for (let index = 0; index < 10; index += 1) {
    pass(100_000, 130_000);
    expect(jumps.unjumped()).toBeNull();
  }
  const before = clock.wall;
  pass(5_000, -3_600_000);
  expect(jumps.unjumped()).toBe(before + 5_000);
  pass(5_000);
  expect(jumps.unjumped()).toBe(before + 10_000);
  jumps.settle();
  expect(jumps.unjumped()).toBeNull();
  pass(0, 3_600_000);
  expect(jumps.unjumped()).toBe(clock.wall - 3_600_000);
});

it('a machine that sleeps does not set its clock, and one whose clock is set meanwhile does', () => {
  const clock = { wall: 1_000_000, steady: 0, sinceBoot: 50_000 };
  const jumps = new ClockJumps(
    () => clock.wall,
    () => clock.steady,
    () => clock.sinceBoot,
  );
  const sleep = (time: number, set = 0): void => {
    clock.wall += time + set;
    clock.sinceBoot += time;
  };
  for (const time of [8 * 3_600_000, 30_000, 30_000, 30_000, 8 * 3_600_000]) {
    sleep(time);
    expect(jumps.unjumped()).toBeNull();
  }
  const before = clock.wall;
  sleep(1_000_000, 3_600_000);
  expect(jumps.unjumped()).toBe(before + 1_000_000);
  jumps.settle();
  expect(jumps.unjumped()).toBeNull();
});
