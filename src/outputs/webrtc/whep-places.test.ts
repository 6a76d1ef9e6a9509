import type { FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { type Place, WhepPlaces } from './whep-places.ts';

function visitor(ip: string): FastifyRequest {
  return { ip, principal: { user: null, grant: 'public' } } as unknown as FastifyRequest;
}

function user(id: string, ip = '192.0.2.1'): FastifyRequest {
  return { ip, principal: { user: { id }, grant: `user:${id}` } } as unknown as FastifyRequest;
}

/** Enters until this fails, with sessions that connect at once. @returns the places, and why it failed */
function fill(places: WhepPlaces, request: (at: number) => FastifyRequest): { taken: Place[]; code: unknown } {
  const taken: Place[] = [];
  for (;;) {
    try {
      const place = places.enter(request(taken.length));
      place.connected();
      taken.push(place);
    } catch (error) {
      return { taken, code: (error as { code: unknown }).code };
    }
  }
}

it('a visitor has 64 places, counted by address or IPv6 network', () => {
  const places = new WhepPlaces();
  const first = fill(places, () => visitor('192.0.2.1'));
  expect([first.taken.length, first.code]).toEqual([64, 'webrtc_full_for_you']);
  const second = fill(places, (at) => visitor(`2001:db8::${at.toString(16)}`));
  expect(second.taken.length).toBe(64);
  expect(() => places.enter(visitor('192.0.2.2'))).not.toThrow();
});

it('all visitors together leave places for users', () => {
  const places = new WhepPlaces();
  expect(fill(places, (at) => visitor(`2001:db8:0:${at.toString(16)}::1`)).taken.length).toBe(200);
  expect(fill(places, (at) => user('1', `192.0.2.${at}`)).taken.length).toBe(64);
});

it('a place is free again once it is left, however often', () => {
  const places = new WhepPlaces();
  const { taken } = fill(places, () => user('1'));
  for (const place of taken.slice(0, 2)) for (const _ of [1, 2, 3]) place.leave();
  expect(fill(places, () => user('1')).taken.length).toBe(2);
});

it('16 sessions of a user may be connecting', () => {
  const places = new WhepPlaces();
  for (let at = 0; at < 16; at += 1) places.enter(user('1'));
  expect(() => places.enter(user('1', '192.0.2.9'))).toThrow(expect.objectContaining({ code: 'too_many_requests' }));
});
