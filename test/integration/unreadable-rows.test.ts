// Rows that another program or a dying disk has spoiled cost only themselves: the server starts, every page works, and
// admins read what is wrong.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { Database } from '../../src/store/database.ts';
import { adminPassword, startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const good = `insert into cameras (id, name, source, enabled, position, bestPhotos) values`;

/** Each with a part of what is said about it. */
const bad: Readonly<Record<string, readonly [sql: string, said: string]>> = {
  'a source of an unknown kind': [`${good} ('kind', 'Kind', 'gopher://me:secret@x/', 1, 1, 0)`, 'cameras, “kind”'],
  'an impossible option': [`${good} ('option', 'Option', '/dev/video0?width=-3', 1, 2, 0)`, 'cameras, “option”'],
  'a blob as a name': [`${good} ('blob', x'00ff', 'test:', 1, 3, 0)`, 'cameras, “blob”: the name is not text'],
  'a switch that is neither on nor off': [`${good} ('switch', 'Switch', 'test:', 'maybe', 4, 0)`, 'cameras, “switch”'],
  'a word as a position': [`${good} ('position', 'Position', 'test:', 1, 'first', 0)`, 'cameras, “position”'],
  'an id that is no id': [`${good} ('../x', 'Id', 'test:', 1, 5, 0)`, 'cameras, “../x”'],
  'no id': [`${good} (null, 'Null', 'test:', 1, 6, 0)`, 'cameras, “object null”'],
  'overrides of the wrong types': [
    `insert into settings values ('camera_overrides', '{"fixed":{"name":7,"position":"x"},"shut":{"enabled":"no"},"odd":3}')`,
    'settings, “camera_overrides/fixed”: the position is not a whole number',
  ],
  'origins that are none': [
    `insert into settings values ('cors_origins', '["http://good.local", 5, "nonsense"]')`,
    'settings, “cors_origins/nonsense”',
  ],
  'a host name that is none': [
    `insert into settings values ('host_names', '["cam.local", "no host/"]')`,
    'settings, “host_names/no host/”',
  ],
  'cameras of a user that are no JSON': [`update users set cameras = '[half' where username = 'half'`, 'users, “'],
  'a role that is none': [`update users set role = 'emperor' where username = 'emperor'`, 'the role is not viewer'],
  'a token without a time': [`update tokens set createdAt = 'long ago'`, 'tokens, “'],
  'a photo with a file name of others': [
    `insert into photos values ('p1', 'front', 'x', 1e12, null, 1, 1, 1, '../../secret', '2001-09-09', null)`,
    'photos, “p1”: the file name',
  ],
  'a photo of no time, on no day': [
    `insert into photos values ('p2', 'front', 'x', 'noon', null, 1, 1, 1, 'b', 'someday', null)`,
    'photos, “p2”: the time is not a time',
  ],
  'a control that is no number': [`insert into cameraControls values ('front', 'zoom', 'far')`, ''],
};

it('a bad row is skipped, kept and told, and everything else works', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  const args = ['--camera', 'fixed=test:?width=320&height=240', '--camera', 'shut=test:'];
  const first = await startServer({ data, args });
  const owner = await first.signIn();
  for (const username of ['half', 'emperor']) {
    const user = { username, password: adminPassword, role: 'operator', cameras: null };
    expect((await owner.send('POST', '/api/users', user)).status).toBe(201);
  }
  await first.token();
  await first.stop();
  const database = new DatabaseSync(join(data, 'porthole.db'));
  database.exec(`${good} ('front', 'Front', 'test:?width=320&height=240', 1, 0, 0)`);
  for (const [sql] of Object.values(bad)) database.exec(sql);
  const rows = () => ['cameras', 'photos', 'settings'].map((table) => database.prepare(`select * from ${table}`).all());
  const before = rows();

  await using server = await startServer({ data, args });
  const admin = await server.signIn();
  const cameras = await admin.json<{ id: string; enabled: boolean }[]>('/api/cameras');
  expect(cameras.map(({ id, enabled }) => [id, enabled])).toEqual(
    expect.arrayContaining([
      ['fixed', true],
      // Perhaps an admin had switched it off.
      ['shut', false],
      ['front', true],
    ]),
  );
  expect(cameras).toHaveLength(3);
  expect((await admin.request('/cameras/front/snapshot.jpg')).status).toBe(200);
  const paths = ['/', '/photos', '/settings/users', '/api/photos', '/api/tokens', '/api/users'];
  for (const path of [...paths, '/settings/cameras/front', '/account']) {
    expect([path, (await admin.request(path)).status]).toEqual([path, 200]);
  }
  expect((await admin.request('/photos/p1/file')).status).toBe(404);
  expect((await admin.send('POST', '/api/photos/delete', { ids: ['p1', 'p2'] })).status).toBe(200);
  expect((await admin.send('POST', '/api/photos/restore', { ids: ['p1', 'p2'] })).status).toBe(200);

  // What can't be read allows least.
  for (const [name, path, status] of [
    ['half', '/api/cameras/front', 404],
    ['emperor', '/api/users', 403],
  ] as const) {
    expect([name, (await (await server.signIn(name)).request(path)).status]).toEqual([name, status]);
  }

  const settings = await (await admin.request('/settings')).text();
  const listed = await server.cli('cameras', 'list');
  const logged = server.log.filter(({ msg }) => msg === 'a row of the database cannot be read and is skipped');
  for (const [what, [, said]] of Object.entries(bad)) {
    expect(settings.includes(said), `Settings tell about ${what}: ${said}`).toBe(true);
    if (/cameras|settings|users/.test(said)) expect(listed.stdout).toContain(said);
  }
  expect(settings + listed.stdout + server.output).not.toContain('secret@');
  expect(logged.length).toBeGreaterThanOrEqual(Object.keys(bad).length - 2);
  expect(new Set(logged.map(({ table, id, why }) => `${table as string} ${id as string} ${why as string}`)).size).toBe(
    logged.length,
  );
  expect(rows()).toEqual(before);

  // A setting that is changed takes the place of what can't be read, which is kept.
  database.exec(`update settings set value = 'half of' where key = 'cors_origins'`);
  expect((await admin.request('/settings')).status).toBe(200);
  expect((await admin.submit('/settings/sites', { origins: 'http://new.local' })).status).toBe(303);
  expect(database.prepare(`select value from settings where key = 'cors_origins.unreadable'`).get()).toEqual({
    value: 'half of',
  });
  // The ids of unreadable cameras are taken.
  expect(await (await admin.send('POST', '/api/cameras', { name: 'Blob', source: 'test:' })).json()).toMatchObject({
    id: 'blob-2',
  });
  database.close();
});

it('cameras that cannot be read do not make it a first start', async () => {
  await using folder = await temporaryFolder();
  const data = join(folder.path, 'data');
  await (await Database.open({ dataFolder: data })).close();
  const database = new DatabaseSync(join(data, 'porthole.db'));
  database.exec(`${good} ('garden', 'Garden', 'nothing', 1, 0, 0)`);
  database.exec(`insert into settings values ('camera_overrides', 'no JSON')`);
  await using server = await startServer({ data });
  const admin = await server.signIn();
  expect(await admin.json('/api/cameras')).toMatchObject([{ id: 'test' }]);
  expect(database.prepare('select id from cameras').all()).toEqual([{ id: 'garden' }]);
  database.close();
});
