import { cameraLimits } from '../../domain/cameras/camera-limits.ts';

/** The time for which lines are counted, in milliseconds. */
const window = 60_000;

/** The lines of one level since the window began. */
interface Counted {
  lines: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Limits the lines that one camera's captures print: {@link cameraLimits.logLines} per level and minute, and then the
 * number of those left out. Damaged streams make FFmpeg complain in ever new words, and each new process starts again.
 */
export class LineLimit<Level> {
  readonly #print: (level: Level, text: string) => void;
  readonly #counted = new Map<Level, Counted>();

  /** @param print receives the line about those left out */
  constructor(print: (level: Level, text: string) => void) {
    this.#print = print;
  }

  /** Counts a line. @returns true if it may be printed */
  allows(level: Level): boolean {
    const counted = this.#counted.get(level) ?? this.#begin(level);
    counted.lines += 1;
    return counted.lines <= cameraLimits.logLines;
  }

  #begin(level: Level): Counted {
    const counted = { lines: 0, timer: setTimeout(() => this.#end(level), window).unref() };
    this.#counted.set(level, counted);
    return counted;
  }

  #end(level: Level): void {
    const omitted = (this.#counted.get(level)?.lines ?? 0) - cameraLimits.logLines;
    this.#counted.delete(level);
    if (omitted > 0) this.#print(level, `${omitted} more lines about this camera were left out in the last minute`);
  }
}
