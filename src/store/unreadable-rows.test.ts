import { expect, it } from 'vitest';
import { UnreadableRows } from './unreadable-rows.ts';

const fail = (why: string) => () => {
  throw new Error(why);
};

it('rows that cannot be read are reported once for each reason, however often they are read', () => {
  const rows = new UnreadableRows();
  const told: string[] = [];
  rows.onFound(({ table, id, why }) => told.push(`${table} ${id}: ${why}`));
  for (let index = 0; index < 3; index += 1) {
    rows.read('users', 'bob', fail('the role is wrong'));
    rows.read('users', 'bob', fail('the list of cameras is wrong'));
    rows.read('tokens', 't/limits', fail('no scope'));
    rows.read('tokens', 't', () => 1);
  }
  expect(told).toEqual([
    'users bob: the role is wrong',
    'users bob: the list of cameras is wrong',
    'tokens t/limits: no scope',
  ]);
});

it('rows that can be read again, or are written again, are forgotten with their parts', () => {
  const rows = new UnreadableRows();
  rows.read('cameras', 'door', fail('no name'));
  rows.read('cameras', 'door', () => 1);
  rows.read('tokens', 't/limits', fail('no scope'));
  rows.forget('tokens', 't');
  expect(rows.list).toEqual([]);
});
