// SQLite keeps any value in any column, so that a row from elsewhere may hold anything. These return a field that is
// what its column says, and throw an Error with the rest of a sentence about the row.

/** Text of at most `most` characters, and not empty. */
export function text(value: unknown, name: string, most = 1000): string {
  if (typeof value !== 'string' || value === '') throw new Error(`the ${name} is not text`);
  if (value.length > most) throw new Error(`the ${name} is longer than ${most} characters`);
  return value;
}

/** A whole number. */
export function whole(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw new Error(`the ${name} is not a whole number`);
  return value as number;
}

/** A point in time in milliseconds since the epoch, as a number that a Date takes. */
export function moment(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || Math.abs(value as number) > 8.64e15) throw new Error(`the ${name} is not a time`);
  return value as number;
}

/** 0 or 1. */
export function flag(value: unknown, name: string): boolean {
  if (value !== 0 && value !== 1) throw new Error(`the ${name} is not 0 or 1`);
  return value === 1;
}

/** Text in a form. */
export function matching(value: unknown, name: string, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Error(`the ${name} is not one of Porthole's`);
  return value;
}

/** The milliseconds since the epoch of a date as better-auth stores it. */
export function time(value: unknown, name: string): number {
  const milliseconds = value instanceof Date || typeof value === 'string' ? new Date(value).getTime() : NaN;
  if (Number.isNaN(milliseconds)) throw new Error(`the ${name} is not a time`);
  return milliseconds;
}

/** A list of texts in JSON. */
export function textList(value: unknown, name: string): readonly string[] {
  const list = json(value, name);
  if (!Array.isArray(list) || !list.every((each) => typeof each === 'string')) {
    throw new Error(`the ${name} is not a list of texts`);
  }
  return list;
}

/** A value in JSON. */
export function json(value: unknown, name: string): unknown {
  try {
    return JSON.parse(String(value)) as unknown;
  } catch {
    throw new Error(`the ${name} is not JSON`);
  }
}
