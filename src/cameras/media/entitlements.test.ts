import { describe, expect, it } from 'vitest';
import { Broadcast } from '../../fanout/broadcast.ts';
import { Entitlements } from './entitlements.ts';

const [a, b, c, d] = [320, 480, 640, 960].map((width, id) => new Broadcast(id, { codec: 'jpeg', width })) as [
  Broadcast,
  Broadcast,
  Broadcast,
  Broadcast,
];
const all = (): boolean => true;

describe('Entitlements', () => {
  it('are the first two Renditions that each owner watches', () => {
    const entitlements = new Entitlements();
    for (const broadcast of [a, b, c, d]) entitlements.add('greedy', broadcast);
    expect([...entitlements.broadcasts(all)]).toEqual([a, b]);
    entitlements.add('modest', d);
    expect([...entitlements.broadcasts(all)]).toEqual([a, b, d]);
  });

  it('pass on to the next one when the last Viewer of the first one leaves', () => {
    const entitlements = new Entitlements();
    for (const broadcast of [a, a, b, c]) entitlements.add('greedy', broadcast);
    entitlements.remove('greedy', a);
    expect([...entitlements.broadcasts(all)]).toEqual([a, b]);
    entitlements.remove('greedy', a);
    entitlements.remove('greedy', a);
    expect([...entitlements.broadcasts(all)]).toEqual([b, c]);
  });

  it('do not count Renditions that are passed through', () => {
    const entitlements = new Entitlements();
    for (const broadcast of [a, b, c]) entitlements.add('greedy', broadcast);
    expect([...entitlements.broadcasts((broadcast) => broadcast !== a)]).toEqual([b, c]);
  });
});
