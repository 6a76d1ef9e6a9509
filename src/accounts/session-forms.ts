import { PortholeError } from '../domain/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-type.ts';
import { type Context, addCookies, attempt, finishForm, sendPage, shellFor } from '../http/context.ts';
import { answerFor } from '../http/errors.ts';
import { LoginForm, PasswordForm, SetupForm, TokenForm } from '../http/forms.ts';
import { page, principalOf, userOf } from '../http/policy.ts';
import { factsOf, localPath, queryValue, wantsJson } from '../http/requests.ts';
import { IdParams } from '../http/schemas.ts';

/** Set-up, sign-in and sign-out, and one's own account. */
export function registerSessionForms(app: App, context: Context): void {
  registerSetup(app, context);
  registerSignIn(app, context);
  registerAccount(app, context);
}

function registerSetup(app: App, context: Context): void {
  const { accounts, pages } = context;
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    values: { code: string; username: string; error: PortholeError | null },
    status: number,
  ): FastifyReply => {
    const { error } = values;
    const problem = error === null ? null : error.toJSON();
    const shell = shellFor(context, request, reply);
    const model = { ...shell, ...values, error: problem, field: error?.field ?? fieldOf(error) };
    return sendPage(reply, pages.setup(model), status);
  };

  app.get('/setup', page('setup'), async (request, reply) => {
    if (!(await context.setupGate.needsSetup())) return reply.redirect('/login', 303);
    const code = queryValue(request, 'code');
    if (code === undefined) throw new PortholeError('not_set_up');
    const checked = await attempt(request, async () => accounts.checkSetupCode(code, factsOf(request)));
    const error = checked instanceof PortholeError ? checked : null;
    return show(request, reply, { code, username: '', error }, error === null ? 200 : answerFor(error).status);
  });
  app.post('/setup', { ...page('setup'), schema: { body: SetupForm } }, async (request, reply) => {
    const { code, username, password } = request.body;
    const done = await attempt(request, () => accounts.setUp({ code, username, password }, factsOf(request)));
    if (done instanceof PortholeError) {
      if (done.code === 'setup_done') throw done;
      return show(request, reply, { code, username, error: done }, answerFor(done).status);
    }
    addCookies(request, reply, done.setCookies);
    return finishForm(context, request, reply, { to: '/', json: whoIs(done.user), status: 201 });
  });
}

/** Which input of set-up an error without a field is about. */
function fieldOf(error: PortholeError | null): string | null {
  return error?.code === 'setup_code_wrong' ? 'code' : null;
}

function registerSignIn(app: App, context: Context): void {
  const { accounts, pages } = context;
  app.get('/login', page('public'), (request, reply) => {
    const next = localPath(queryValue(request, 'next')) ?? '/';
    if ((request.principal?.user ?? null) !== null) return reply.redirect(next, 303);
    const model = { ...shellFor(context, request, reply), error: null, username: '', next };
    return sendPage(reply, pages.login(model));
  });
  app.post('/login', { ...page('public'), schema: { body: LoginForm } }, async (request, reply) => {
    const { username, password } = request.body;
    const next = localPath(request.body.next) ?? '/';
    const done = await attempt(request, () => accounts.signIn({ username, password }, factsOf(request)));
    if (done instanceof PortholeError) {
      const model = { ...shellFor(context, request, reply), error: done.toJSON(), username, next };
      return sendPage(reply, pages.login(model), answerFor(done).status);
    }
    addCookies(request, reply, done.setCookies);
    return finishForm(context, request, reply, { to: next, json: whoIs(done.user) });
  });
  app.post('/logout', page('signedIn'), async (request, reply) => {
    const { setCookies } = await accounts.signOut(request.headers.cookie ?? '');
    addCookies(request, reply, setCookies);
    const to = context.config.access === 'public' ? '/' : '/login';
    return finishForm(context, request, reply, { to, json: {} });
  });
}

function whoIs(user: { readonly username: string; readonly role: string }): object {
  return { username: user.username, role: user.role };
}

function registerAccount(app: App, context: Context): void {
  const { accounts, pages } = context;
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    extra: { newToken?: string; error?: PortholeError } = {},
  ): Promise<FastifyReply> => {
    const principal = principalOf(request);
    const [sessions, tokens] = await Promise.all([accounts.sessions(principal), accounts.tokens(principal)]);
    const { newToken = null, error } = extra;
    const model = { ...shellFor(context, request, reply), sessions, tokens, newToken, error: error?.toJSON() ?? null };
    return sendPage(reply, pages.account(model), error === undefined ? 200 : answerFor(error).status);
  };

  app.get('/account', page('signedIn'), (request, reply) => show(request, reply));
  app.post('/account/password', { ...page('signedIn'), schema: { body: PasswordForm } }, async (request, reply) => {
    const { current, next } = request.body;
    const done = await attempt(request, () => accounts.changePassword(principalOf(request), { current, next }));
    if (done instanceof PortholeError) return show(request, reply, { error: done });
    addCookies(request, reply, done.setCookies);
    const text = 'Your password is changed. Your other sessions are signed out.';
    return finishForm(context, request, reply, { to: '/account', json: {}, flash: { kind: 'done', text } });
  });
  app.post(
    '/account/sessions/:id/revoke',
    { ...page('signedIn'), schema: { params: IdParams } },
    async (request, reply) => {
      await accounts.revokeSession(principalOf(request), request.params.id);
      const flash = { kind: 'done', text: 'The session is signed out.' } as const;
      return finishForm(context, request, reply, { to: '/account', json: {}, flash });
    },
  );
  app.post('/account/tokens', { ...page('signedIn'), schema: { body: TokenForm } }, async (request, reply) => {
    const { username } = userOf(request);
    const made = await attempt(request, () => accounts.createToken({ username, name: request.body.name }));
    if (made instanceof PortholeError) return show(request, reply, { error: made });
    if (wantsJson(request)) return reply.code(201).send(made);
    // Not behind a redirect: the token is in this answer and nowhere else.
    return show(request, reply, { newToken: made.token });
  });
  app.post(
    '/account/tokens/:id/revoke',
    { ...page('signedIn'), schema: { params: IdParams } },
    async (request, reply) => {
      await accounts.revokeToken(principalOf(request), request.params.id);
      const flash = { kind: 'done', text: 'The token is revoked. Programs that used it are signed out.' } as const;
      return finishForm(context, request, reply, { to: '/account', json: {}, flash });
    },
  );
}
