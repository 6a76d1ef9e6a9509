import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ioctlNumber, ioctls, Struct, structs } from './structs.ts';

const header = '/usr/include/linux/videodev2.h';
const mayCompile = spawnSync('cc', ['--version']).status === 0 && existsSync(header);
if (!mayCompile) process.stderr.write(`skipped: structures against the kernel's header (needs cc and ${header})\n`);

/** The sizes, offsets and numbers that a C program with the kernel's header prints. */
function askCompiler(): Record<string, number> {
  const lines: string[] = [];
  for (const [struct, { fields }] of Object.entries(structs)) {
    const type = struct === 'int' ? struct : `struct ${struct}`;
    lines.push(`printf("${struct} %zu\\n", sizeof(${type}));`);
    if (struct === 'int') lines.push('printf("int.value 0\\n");');
    else
      for (const field of Object.keys(fields)) {
        lines.push(`printf("${struct}.${field} %zu\\n", offsetof(struct ${struct}, ${field}));`);
      }
  }
  for (const name of ioctls) lines.push(`printf("${name} %lu\\n", (unsigned long)${name});`);
  const folder = mkdtempSync(join(tmpdir(), 'porthole-structs-'));
  try {
    const source = join(folder, 'ask.c');
    const program = join(folder, 'ask');
    const includes = '#include <stddef.h>\n#include <stdio.h>\n#include <linux/videodev2.h>\n';
    writeFileSync(source, `${includes}int main(void) {\n${lines.join('\n')}\nreturn 0;\n}\n`);
    execFileSync('cc', ['-o', program, source]);
    const answers = execFileSync(program, { encoding: 'utf8' }).trim().split('\n');
    return Object.fromEntries(answers.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!mayCompile)("the structures and ioctls of V4L2, against the kernel's header", () => {
  it('have the sizes, offsets and numbers that a C compiler gives them', () => {
    const ours: Record<string, number> = {};
    for (const [struct, { size, fields }] of Object.entries(structs)) {
      ours[struct] = size;
      for (const [field, offset] of Object.entries(fields)) ours[`${struct}.${field}`] = offset;
    }
    for (const name of ioctls) ours[name] = ioctlNumber(name);
    expect(ours).toEqual(askCompiler());
  });
});

describe('Struct', () => {
  it('reads and writes signed and unsigned numbers of 32 and 64 bits, and text up to its NUL', () => {
    const control = new Struct('v4l2_query_ext_ctrl').set({ id: 0xffffffff, flags: 5 }).setI64('minimum', -7n);
    expect([control.u32('id'), control.i32('id'), control.u32('flags'), control.i64('minimum')]).toEqual([
      0xffffffff,
      -1,
      5,
      -7n,
    ]);
    control.bytes.write('Brightness\0rubbish', 8);
    expect(control.text('name', 32)).toBe('Brightness');
  });
});
