// Reads the Dockerfile, so that tests need no container engine. built-tree.test.ts runs the tree that it copies.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const lines = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8').split('\n');
/** The arguments of an instruction in the last stage, in order. */
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

  it('has neither the sources nor the packages for development', () => {
    const build = lines.find((line) => line.startsWith('RUN npm ci'));
    expect(build).toMatch(/npm run build && npm prune --omit=dev/);
    const copied = inLastStage('COPY').map((line) => line.split(' '));
    for (const [from] of copied) expect(from).toBe('--from=build');
    const paths = copied.flatMap((words) => words.slice(1, -1));
    expect(paths).toContain('/opt/porthole/dist');
    for (const each of ['/opt/porthole', '/opt/porthole/src', '/opt/porthole/scripts'])
      expect(paths).not.toContain(each);
  });

  it('copies only files of the repository into the build stage', () => {
    const ignored = readFileSync(new URL('../../.dockerignore', import.meta.url), 'utf8').split('\n');
    for (const each of ['.git', 'data', 'dist', 'node_modules']) expect(ignored).toContain(each);
  });
});
