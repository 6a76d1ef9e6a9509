/** How long a line is only counted after it was printed, in milliseconds. */
const quiet = 10_000;
/** The time doubles while a line goes on, up to this. */
const longestQuiet = 300_000;
/** More different lines are counted as one kind. */
const mostLines = 50;

interface Known {
  count: number;
  /** The last line of this kind. */
  text: string;
  /** For how long it is only counted, in milliseconds. */
  quiet: number;
  timer: NodeJS.Timeout;
}

/**
 * Prints a line at once, and counts what repeats it: FFmpeg reports the same trouble with every frame. Lines that differ
 * only in numbers and addresses count as the same.
 */
export class RepeatedLines<Level> implements Disposable {
  readonly #print: (level: Level, text: string) => void;
  readonly #known = new Map<string, Known>();

  constructor(print: (level: Level, text: string) => void) {
    this.#print = print;
  }

  /** Prints the line, or counts it. */
  add(level: Level, text: string): void {
    const own = `${String(level)} ${text.replaceAll(/0x[\da-f]+|\b(?=[a-f]*\d)[\da-f]+\b/gi, '#')}`;
    const kind = this.#known.has(own) || this.#known.size < mostLines ? own : other(level);
    const known = this.#known.get(kind);
    if (known !== undefined) {
      known.count += 1;
      known.text = text;
      return;
    }
    this.#print(level, text);
    this.#watch(level, kind, text, quiet);
  }

  #watch(level: Level, kind: string, text: string, time: number): void {
    const timer = setTimeout(() => this.#sumUp(level, kind), time).unref();
    this.#known.set(kind, { count: 0, text, quiet: time, timer });
  }

  #sumUp(level: Level, kind: string): void {
    const known = this.#known.get(kind);
    this.#known.delete(kind);
    if (known === undefined || known.count === 0) return;
    const { count, text } = known;
    const sum = kind === other(level) ? `and ${count} other lines` : `repeated ${count} times`;
    this.#print(level, count === 1 ? text : `${text} (${sum})`);
    this.#watch(level, kind, known.text, Math.min(longestQuiet, 2 * known.quiet));
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#known.values()) clearTimeout(timer);
    this.#known.clear();
  }
}

/** The kind of all lines beyond {@link mostLines}. */
function other(level: unknown): string {
  return `${String(level)} and others`;
}
