import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { answerFor } from '../http/errors.ts';
import { addCookies, attempt, finishForm } from '../http/forms/form-answers.ts';
import { Field } from '../http/forms/forms.ts';
import type { App } from '../http/kernel.ts';
import { page } from '../http/security/policy.ts';
import { tellRetryAfter } from '../http/respond.ts';
import { factsOf, localPath, queryValue } from '../http/requests.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { Accounts } from './accounts.ts';

const LoginForm = Type.Object({
  username: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 1000 }),
  next: Type.Optional(Field),
});
const SetupForm = Type.Object({
  code: Type.String({ maxLength: 200 }),
  username: Type.String({ maxLength: 200 }),
  password: Type.String({ maxLength: 1000 }),
});

/** The pages and forms of set-up, sign-in and sign-out. */
export function registerSignIn(app: App, accounts: Accounts): void {
  registerSetup(app, accounts);
  const { config, pages } = app.kernel;
  app.get('/login', page('public'), (request, reply) => {
    const next = localPath(queryValue(request, 'next')) ?? '/';
    if ((request.principal?.user ?? null) !== null) return reply.redirect(next, 303);
    return sendPage(reply, pages.login({ ...shellFor(request, reply), error: null, username: '', next }));
  });
  app.post('/login', { ...page('public'), schema: { body: LoginForm } }, async (request, reply) => {
    const { username, password } = request.body;
    const next = localPath(request.body.next) ?? '/';
    const done = await attempt(request, () => accounts.signIn({ username, password }, factsOf(request)));
    if (done instanceof PortholeError) {
      const model = { ...shellFor(request, reply), error: done.toJSON(), username, next };
      const { status } = answerFor(done);
      tellRetryAfter(reply, done, status);
      return sendPage(reply, pages.login(model), status, `/login?next=${encodeURIComponent(next)}`);
    }
    addCookies(request, reply, done.setCookies);
    return finishForm(request, reply, { to: next, json: whoIs(done.user) });
  });
  app.post('/logout', page('signedIn'), async (request, reply) => {
    const { setCookies, unsaved } = await accounts.signOut(request.headers.cookie ?? '');
    addCookies(request, reply, setCookies);
    if (unsaved !== null) throw unsaved;
    return finishForm(request, reply, { to: config.access === 'public' ? '/' : '/login', json: {} });
  });
}

function registerSetup(app: App, accounts: Accounts): void {
  const { pages, setupGate } = app.kernel;
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    values: { code: string; username: string; error: PortholeError | null },
    status: number,
  ): FastifyReply => {
    if (values.error !== null) tellRetryAfter(reply, values.error, status);
    const error = values.error?.toJSON() ?? null;
    const field = error?.field ?? (error?.code === 'setup_code_wrong' ? 'code' : null);
    const html = pages.setup({ ...shellFor(request, reply), ...values, error, field });
    return sendPage(reply, html, status, `/setup?code=${encodeURIComponent(values.code)}`);
  };

  app.get('/setup', page('setup'), async (request, reply) => {
    if (!(await setupGate.needsSetup())) return reply.redirect('/login', 303);
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
    return finishForm(request, reply, { to: '/welcome', json: whoIs(done.user), status: 201 });
  });
}

function whoIs(user: { readonly username: string; readonly role: string }): object {
  return { username: user.username, role: user.role };
}
