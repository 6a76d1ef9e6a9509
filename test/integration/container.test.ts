// The container's description: what it says is read here, since no test machine needs to build images.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const lines = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8').split('\n');
/** The arguments of an instruction in the last stage, in their order. */
const inLastStage = (instruction: string): readonly string[] =>
  lines
    .slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
    .filter((line) => line.startsWith(`${instruction} `))
    .map((line) => line.slice(instruction.length + 1));

describe('the container', () => {
  it('does not run as root', () => {
    const user = inLastStage('USER').at(-1);
    expect(user).toBeDefined();
    expect(['root', '0']).not.toContain(user?.split(':')[0]);
  });

  it('keeps its data for that user alone', () => {
    expect(inLastStage('RUN')).toContain(`install -d -o ${inLastStage('USER').at(-1)} -g node -m 0700 /data`);
    expect(inLastStage('VOLUME')).toEqual(['/data']);
  });

  it('takes nothing of a checkout that is not in the repository', () => {
    const ignored = readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8').split('\n');
    for (const each of ['.git', 'data', 'dist', 'node_modules']) expect(ignored).toContain(each);
  });
});
