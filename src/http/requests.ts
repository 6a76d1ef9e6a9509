import type { FastifyReply, FastifyRequest } from 'fastify';
import { PortholeError } from '../domain/errors.ts';
import type { RequestFacts } from '../accounts/request-facts.ts';
import type { Answers } from './security/policy.ts';
import { sentence } from '../messages/sentence.ts';

/** Headers that proxies add. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'] as const;

/** The methods that change nothing. */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

/** True for a request that wants to become a WebSocket. */
export function isUpgrade(request: FastifyRequest): boolean {
  return request.headers.upgrade !== undefined && request.ws;
}

/** True if the client asked for JSON rather than for a page. */
export function wantsJson(request: FastifyRequest): boolean {
  const accept = request.headers.accept ?? '';
  return accept.includes('application/json') && !accept.includes('text/html');
}

/** mjpg-streamer's `?action=stream` or `snapshot` with a camera's number. The match is loose, since clients mangle it. */
export function actionOf(url: string): { kind: 'stream' | 'snapshot'; index: number } | null {
  const found = /[?&]action=(stream|snapshot)(?:_(\d{1,3}))?(?![a-z0-9])/i.exec(url);
  if (found === null) return null;
  return { kind: found[1]?.toLowerCase() === 'stream' ? 'stream' : 'snapshot', index: Number(found[2] ?? 0) };
}

/** mjpg-streamer's `/?action=…` as `/webcam?action=…`, which has its own route; other URLs unchanged. */
export function rewriteAction(url: string): string {
  return pathOf(url) === '/' && actionOf(url) !== null ? `/webcam${url.slice(1)}` : url;
}

/** In which form this request is answered. */
export function answersOf(request: FastifyRequest): Answers {
  const path = pathOf(request.url);
  const declared = request.is404 ? undefined : request.routeOptions.config.answers;
  if (declared === 'page' || declared === undefined) {
    if (wantsJson(request) || path.startsWith('/api/')) return 'api';
    if (declared === undefined && !(request.headers.accept ?? '').includes('text/html')) return 'media';
    return 'page';
  }
  return declared;
}

/** The path of a request's URL, as written. */
export function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/** One value of the query, the first when there are several; undefined when it is missing or empty. */
export function queryValue(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

/** Where a request comes from. */
export function factsOf(request: FastifyRequest): RequestFacts {
  const { cookie, 'user-agent': userAgent } = request.headers;
  return { ip: request.ip, userAgent: userAgent?.slice(0, 300) ?? null, cookie };
}

/** The address of the client; null behind a proxy that isn't trusted, where every request has the proxy's address. */
export function clientAddress({ ip, headers, socket }: FastifyRequest): string | null {
  const isForwarded = proxyHeaders.some((name) => headers[name] !== undefined);
  return isForwarded && ip === socket.remoteAddress ? null : ip;
}

/** `next` when it is a path of this server, else undefined, so that it never leads to another site. */
export function localPath(next: unknown): string | undefined {
  if (typeof next !== 'string' || next.length > 1000) return undefined;
  // Browsers read "\" as "/" and skip control characters, so "/\evil" and "/\t/evil" would leave this server.
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return undefined;
  const url = URL.parse(next, 'http://here.invalid');
  if (url?.host !== 'here.invalid' || url.pathname.startsWith('//')) return undefined;
  return url.pathname + url.search;
}

/** Where a form returns to: its `next` field, the page it came from, or `fallback`. */
export function backFrom(request: FastifyRequest, fallback: string): string {
  const next = localPath((request.body as { readonly next?: unknown } | null | undefined)?.next);
  if (next !== undefined) return next;
  return refererPath(request) ?? fallback;
}

/** The page of this server that a form or a link is on; undefined if the browser doesn't say, or it is another site's. */
export function refererPath(request: FastifyRequest): string | undefined {
  const referer = URL.parse(request.headers.referer ?? '');
  if (referer === null) return undefined;
  const { publicUrl } = request.server.kernel.config;
  const own = [`${referer.protocol}//${request.host}`, ...(publicUrl === null ? [] : [publicUrl])];
  if (!own.some((address) => URL.parse(address)?.host === referer.host)) return undefined;
  return localPath(referer.pathname + referer.search);
}

/** Adds names of request headers to the header `Vary`. */
export function addVary(reply: FastifyReply, names: string): void {
  const before = reply.getHeader('vary');
  reply.header('vary', before === undefined ? names : `${String(before)}, ${names}`);
}

/** A signal that aborts when the client goes away before its answer is written, or after `timeoutMs`. */
export function requestSignal(reply: FastifyReply, timeoutMs: number): AbortSignal {
  const controller = new AbortController();
  const tooLate = setTimeout(() => {
    const message = sentence('camera_no_picture');
    controller.abort(new PortholeError('camera_silent', { message }));
  }, timeoutMs).unref();
  reply.raw.once('close', () => {
    clearTimeout(tooLate);
    controller.abort(new Error('The client went away.'));
  });
  return controller.signal;
}
