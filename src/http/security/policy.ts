import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import { PortholeError } from '../../domain/errors.ts';
import { type Role, roleAllows } from '../../domain/users/role.ts';
import type { Principal } from '../../domain/users/user.ts';
import { sentence } from '../../messages/sentence.ts';

/**
 * Who may use a route:
 *
 * - `public`: anybody;
 * - `setup`: anybody, even before set-up; the service asks for the one-time code;
 * - `signedIn`: a User of any Role;
 * - `viewer`, `operator`, `admin`: that Role or a higher one; with public access everybody is a `viewer`.
 */
export type Policy = 'public' | 'setup' | 'signedIn' | Role;

/** In which form a route answers when something is wrong: an HTML page, JSON, or a short text. */
export type Answers = 'page' | 'api' | 'media';

declare module 'fastify' {
  interface FastifyContextConfig {
    policy?: Policy;
    answers?: Answers;
    /** True for the little that works before set-up: health and static files. No account is looked up for it. */
    open?: boolean;
    /** True for routes that `?token=` opens: pictures and the socket, where clients cannot send headers. */
    queryToken?: boolean;
    /** See {@link RouteConfig.asksFirst}. */
    asksFirst?: boolean;
    /** See {@link RouteConfig.embeds}. */
    embeds?: boolean;
    /** See {@link RouteConfig.frames}. */
    frames?: 'embed' | 'never';
  }
  interface FastifyRequest {
    /** Who makes the request; null while nobody is signed in. */
    principal: Principal | null;
  }
  interface FastifyInstance {
    /** Every route with its policy, for tests. */
    readonly routeTable: readonly DeclaredRoute[];
  }
}

/** The declaration of a route: who may use it and how it answers. */
export interface RouteConfig {
  readonly policy: Policy;
  readonly answers: Answers;
  readonly open?: boolean;
  readonly queryToken?: boolean;
  /**
   * True for a route whose method or content type forms cannot send. A browser asks first (OPTIONS) before a page of
   * another origin may send such a request, so no CSRF token is needed, and pages of the origins in Settings may use it.
   */
  readonly asksFirst?: boolean;
  /** True for the socket, which a player in a page of an origin in settings may open, with a token. */
  readonly embeds?: boolean;
  /**
   * `embed`: a page for frames of the origins in Settings, and for no others; it says in words why it shows nothing, since
   * nobody can sign in there. `never`: no page of another origin may show it. By default, pages of viewers and the public
   * may be shown.
   */
  readonly frames?: 'embed' | 'never';
}

/** A page or a form of a page. */
export function page(policy: Policy): { readonly config: RouteConfig } {
  return { config: { policy, answers: 'page' } };
}

/** JSON for programs and for the scripts of our own pages. */
export function api(policy: Policy): { readonly config: RouteConfig } {
  return { config: { policy, answers: 'api' } };
}

/** A picture, a stream or a file. */
export function media(policy: Policy): { readonly config: RouteConfig } {
  return { config: { policy, answers: 'media', queryToken: true } };
}

/** One route as it was registered. */
export interface DeclaredRoute extends RouteConfig {
  readonly method: string;
  readonly url: string;
}

/** Makes the start fail for every route that does not declare its policy, and keeps the table of those that do. */
export function requirePolicies(app: FastifyInstance): void {
  const table: DeclaredRoute[] = [];
  app.decorate('routeTable', table);
  app.addHook('onRoute', (route: RouteOptions) => {
    const { policy, answers } = route.config ?? {};
    if (policy === undefined || answers === undefined) {
      throw new TypeError(`Route ${String(route.method)} ${route.url} declares no policy.`);
    }
    const methods = typeof route.method === 'string' ? [route.method] : route.method;
    for (const method of methods) table.push({ ...route.config, policy, answers, method, url: route.url });
  });
}

/**
 * Decides whether the principal may use a route with this policy.
 *
 * @throws {PortholeError} `not_signed_in` or `not_allowed`.
 */
export function enforce(policy: Policy, principal: Principal | null): void {
  switch (policy) {
    case 'public':
    case 'setup':
      return;
    case 'signedIn':
      if (principal?.user == null) throw refusal(principal);
      return;
    case 'viewer':
    case 'operator':
    case 'admin':
      if (principal === null) throw new PortholeError('not_signed_in');
      if (roleAllows(principal.role, policy)) return;
      throw refusal(principal);
    default:
      policy satisfies never;
  }
}

/** The public may sign in and come back. A User has to ask an admin, and a token may never do more. */
function refusal(principal: Principal | null): PortholeError {
  if (principal?.user != null) return new PortholeError('not_allowed');
  if (principal?.kind !== 'token') return new PortholeError('not_signed_in');
  return new PortholeError('not_allowed', { message: sentence('account_watch_only') });
}

/** The principal of a request whose policy asked for one. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new PortholeError('not_signed_in');
  return request.principal;
}

/** The User of a request whose policy is `signedIn` or higher. */
export function userOf(request: FastifyRequest): NonNullable<Principal['user']> {
  const user = request.principal?.user;
  if (user === null || user === undefined) throw new PortholeError('not_signed_in');
  return user;
}
