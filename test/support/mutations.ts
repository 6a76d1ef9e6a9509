import fc from 'fast-check';

/** Options of a property test: the same cases on every run, so that a failure can be repeated. */
export function seeded(numRuns: number): fc.Parameters<unknown> {
  return { seed: 20_261_128, numRuns };
}

/** Arbitrary bytes. */
export function noise(maxLength = 300): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
}

/** Valid bytes with some of them overwritten, inserted or removed, and the end cut off at times. */
export function mutated(valid: Buffer): fc.Arbitrary<Buffer> {
  const position = fc.nat({ max: valid.length });
  const change = fc.record({
    kind: fc.constantFrom('overwrite', 'insert', 'remove', 'repeat'),
    at: position,
    length: fc.integer({ min: 1, max: 16 }),
    // Lengths and counts are often wrong at their limits.
    byte: fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), fc.nat({ max: 255 })),
  });
  const cut = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: position });
  return fc.tuple(fc.array(change, { minLength: 1, maxLength: 6 }), cut).map(([changes, end]) => {
    let bytes = Buffer.from(valid);
    for (const { kind, at, length, byte } of changes) {
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
      const filler = Buffer.alloc(length, byte);
      if (kind === 'overwrite') bytes = Buffer.concat([before, filler.subarray(0, 1), after.subarray(1)]);
      else if (kind === 'insert') bytes = Buffer.concat([before, filler, after]);
      else if (kind === 'remove') bytes = Buffer.concat([before, after.subarray(length)]);
      else bytes = Buffer.concat([before, after.subarray(0, length), after]);
    }
    return end === null ? bytes : bytes.subarray(0, end);
  });
}

/** A valid text with some of its lines removed, repeated, swapped, cut or given odd characters. */
export function mutatedLines(valid: string, separator = '\r\n'): fc.Arbitrary<string> {
  const lines = valid.split(separator);
  const change = fc.record({
    kind: fc.constantFrom('remove', 'repeat', 'swap', 'cut', 'insert'),
    at: fc.nat({ max: lines.length - 1 }),
    other: fc.nat({ max: lines.length - 1 }),
    column: fc.nat({ max: 80 }),
    junk: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('A'.repeat(300), '9'.repeat(30), ' ', ':', '/', '\0'),
    ),
  });
  return fc.array(change, { minLength: 1, maxLength: 5 }).map((changes) => {
    const changed = [...lines];
    for (const { kind, at, other, column, junk } of changes) {
      const line = changed[at] ?? '';
      if (kind === 'remove') changed.splice(at, 1);
      else if (kind === 'repeat') changed.splice(at, 0, line);
      else if (kind === 'swap') changed.splice(at, 1, lines[other] ?? '');
      else if (kind === 'cut') changed[at] = line.slice(0, column);
      else changed[at] = line.slice(0, column) + junk + line.slice(column);
    }
    return changed.join(separator);
  });
}
