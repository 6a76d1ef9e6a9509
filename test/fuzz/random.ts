/** A value of JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Numbers at which lengths and counts are often wrong. */
const edges = [
  0,
  1,
  -1,
  2,
  7,
  8,
  127,
  128,
  255,
  256,
  1_023,
  4_096,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
] as const;
const oddNumbers: readonly number[] = [...edges, -(2 ** 31), 2 ** 53, 1e21, 1e308, 0.1, -0.5, NaN, Infinity];
const oddTexts = [
  '',
  ' ',
  '\0',
  '\r\n',
  '%',
  '%00',
  '%2e%2e%2f',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
  '\u202e\ufeff',
  '\ud800',
  '💥',
  'null',
  '[object Object]',
  '1e309',
  '-0',
  'a'.repeat(300),
  'ü'.repeat(5_000),
] as const;

/** Repeatable random values: the same seed gives the same values. */
export class Random {
  #state: number;

  constructor(seed: string) {
    // FNV-1a.
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(seed)) hash = Math.imul(hash ^ byte, 0x01000193);
    this.#state = hash >>> 0;
  }

  /** A number from 0 to below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below this. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** Some of the values, in their order. */
  some<T>(values: readonly T[], share = 0.5): readonly T[] {
    return values.filter(() => this.chance(share));
  }

  many<T>(most: number, make: () => T): readonly T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** A number that is often odd. */
  number(): number {
    return this.chance(0.5) ? this.pick(oddNumbers) : this.below(2_000);
  }

  /** A text that is often odd. */
  text(): string {
    const kind = this.below(4);
    if (kind === 0) return this.pick(oddTexts);
    if (kind === 1) return this.bytes(this.below(24)).toString('latin1');
    if (kind === 2) return String(this.number());
    return String.fromCharCode(...this.many(20, () => 0x20 + this.below(0x5f)));
  }

  json(depth = 0): Json {
    const kind = this.below(depth > 3 ? 4 : 6);
    if (kind === 0) return this.text();
    if (kind === 1) return this.finite();
    if (kind === 2) return this.chance(0.5);
    if (kind === 3) return null;
    if (kind === 4) return this.many(4, () => this.json(depth + 1));
    return Object.fromEntries(this.many(4, () => [this.text(), this.json(depth + 1)]));
  }

  finite(): number {
    const number = this.number();
    return Number.isFinite(number) ? number : 0;
  }

  /** A value in which some parts are replaced, removed or added. */
  mutateJson(value: Json, depth = 0): Json {
    if (this.chance(0.1)) return this.json(depth);
    if (Array.isArray(value)) {
      const items = (value as readonly Json[]).map((each) => this.mutateJson(each, depth + 1));
      if (this.chance(0.05)) return [...items, ...items, ...items, this.json(depth)];
      return items;
    }
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).flatMap(([name, each]): [string, Json][] => {
        if (this.chance(0.06)) return [];
        if (this.chance(0.04)) return [[this.text(), each]];
        return [[name, this.mutateJson(each, depth + 1)]];
      });
      if (this.chance(0.08)) entries.push([this.pick(['__proto__', 'id', 'role', this.text()]), this.json(depth)]);
      return Object.fromEntries(entries);
    }
    if (this.chance(0.85)) return value;
    return typeof value === 'number' ? this.finite() : typeof value === 'string' ? this.text() : this.json(depth);
  }

  /** Bytes of which some are overwritten, inserted, removed or repeated; the end is cut off at times. */
  mutate(bytes: Buffer, changes = 1 + this.below(4)): Buffer {
    let mutated = Buffer.from(bytes);
    for (let left = changes; left > 0; left -= 1) {
      const at = this.below(mutated.length + 1);
      const length = 1 + this.below(this.chance(0.8) ? 4 : 300);
      const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
      const kind = this.below(6);
      if (kind === 0 && at < mutated.length) mutated[at] = this.pick(edges) & 0xff;
      else if (kind === 1 && at < mutated.length) mutated[at] = (mutated[at] as number) ^ (1 << this.below(8));
      else if (kind === 2) mutated = Buffer.concat([before, this.bytes(length), after]);
      else if (kind === 3) mutated = Buffer.concat([before, after.subarray(length)]);
      else if (kind === 4) mutated = Buffer.concat([before, after.subarray(0, length), after]);
      else if (this.chance(0.3)) mutated = Buffer.from(before);
    }
    return mutated;
  }

  /** A text of which some lines are removed, repeated, swapped, cut, or contain something odd. */
  mutateLines(text: string, changes = 1 + this.below(5)): string {
    const lines = text.split('\r\n');
    for (let left = changes; left > 0; left -= 1) {
      const at = this.below(lines.length);
      const line = lines[at] ?? '';
      const column = this.below(line.length + 1);
      const kind = this.below(7);
      if (kind === 0) lines.splice(at, 1);
      else if (kind === 1) lines.splice(at, 0, ...Array<string>(this.chance(0.9) ? 1 : 2_000).fill(line));
      else if (kind === 2) lines[at] = lines[this.below(lines.length)] ?? '';
      else if (kind === 3) lines[at] = line.slice(0, column);
      else if (kind === 4) lines[at] = line.slice(0, column) + this.text() + line.slice(column);
      else if (kind === 5) lines[at] = line.replace(/\d+/g, () => String(this.number()));
      else lines[at] = line.replace(/[^:= ]+$/, () => this.text());
    }
    return lines.join('\r\n');
  }
}
