import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { missingWebcamWords } from '../../text/webcam-words.ts';
import { missingWebcams } from './missing-webcams.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'porthole-dev-'));
});
afterEach(() => rm(folder, { recursive: true }));

const refuse = () => Promise.reject(Object.assign(new Error('refused'), { code: 'EACCES' }));

describe('a missing webcam', () => {
  it('is not plugged in if the machine has no video device', async () => {
    expect(await missingWebcams([], { folder })).toMatchObject({ kind: 'none' });
    expect(missingWebcamWords({ kind: 'none', isContainer: false }).text).toContain('Plug one in');
    expect(missingWebcamWords({ kind: 'none', isContainer: true }).text).toContain('--device');
  });

  it('is none of the devices that capture no video', async () => {
    await writeFile(join(folder, 'video11'), '');
    await writeFile(join(folder, 'video2'), '');
    await writeFile(join(folder, 'media0'), '');
    expect(await missingWebcams([], { folder })).toEqual({
      kind: 'other-devices',
      nodes: [join(folder, 'video2'), join(folder, 'video11')],
    });
    expect(await missingWebcams([join(folder, 'video2')], { folder })).toBeNull();
  });

  it('may not be opened by a user who is not in the group of its node', async () => {
    const node = join(folder, 'video0');
    await writeFile(node, '');
    const { gid } = await stat(node);
    const groups = (members: string) => () => Promise.resolve(`root:x:0:\nvideo:x:${gid}:${members}\n`);
    const look = (members: string) =>
      missingWebcams([], { folder, mayOpen: refuse, groups: groups(members), user: 'pi' });
    const forbidden = { kind: 'forbidden', nodes: [node], user: 'pi', group: 'video', isMember: false } as const;
    expect(await look('ada')).toEqual(forbidden);
    expect(missingWebcamWords(forbidden).command).toBe('sudo usermod -aG video pi');
    // The group of files that root makes here may be 0, which nobody is asked to join.
    if (gid !== 0) expect(await look('ada,pi')).toEqual({ ...forbidden, isMember: true });
    expect(missingWebcamWords({ ...forbidden, isMember: true }).text).toContain('start Porthole again');
  });

  it('is told also if another webcam was found', async () => {
    await writeFile(join(folder, 'video0'), '');
    await writeFile(join(folder, 'video1'), '');
    const mayOpen = (node: string) => (node.endsWith('1') ? refuse() : Promise.resolve());
    expect(await missingWebcams([join(folder, 'video0')], { folder, mayOpen, user: 'pi' })).toMatchObject({
      kind: 'forbidden',
      nodes: [join(folder, 'video1')],
    });
  });
});
