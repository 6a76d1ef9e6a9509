import { m } from '#messages';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { answerFor } from '../http/errors.ts';
import { addCookies, attempt, finishForm } from '../http/forms/form-answers.ts';
import { Field } from '../http/forms/forms.ts';
import type { App } from '../http/kernel.ts';
import { languageOf } from '../http/preferences/language.ts';
import { page, principalOf, userOf } from '../http/security/policy.ts';
import { tellRetryAfter } from '../http/respond.ts';
import { wantsJson } from '../http/requests.ts';
import { IdParams } from '../http/schemas.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import { checkTokenLimits, expiryOf } from './account-rules.ts';
import type { AccountModel } from '../pages/models.ts';
import type { Accounts } from './accounts.ts';

const PasswordForm = Type.Object({
  current: Type.String({ maxLength: 1000 }),
  next: Type.String({ maxLength: 1000 }),
});
const TokenForm = Type.Object({
  name: Type.String({ maxLength: 200 }),
  scope: Type.Optional(Field),
  /** Days until it ends; empty for never. */
  days: Type.Optional(Field),
});

/** The page of your own account: password, sessions and tokens. */
export function registerAccountForms(app: App, accounts: Accounts): void {
  const { pages } = app.kernel;
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: Partial<Pick<AccountModel, 'newToken' | 'typed'>> & { error?: PortholeError } = {},
  ): Promise<FastifyReply> => {
    const principal = principalOf(request);
    const [sessions, tokens] = await Promise.all([accounts.sessions.list(principal), accounts.tokens.list(principal)]);
    const { newToken = null, error = null, ...typed } = shown;
    const model = { ...shellFor(request, reply), sessions, tokens, newToken, ...typed, error: error?.toJSON() ?? null };
    const status = error === null ? 200 : answerFor(error).status;
    if (error !== null) tellRetryAfter(reply, error, status);
    return sendPage(reply, pages.account(model), status, '/account');
  };

  app.get('/account', page('signedIn'), (request, reply) => show(request, reply));
  app.post('/account/password', { ...page('signedIn'), schema: { body: PasswordForm } }, async (request, reply) => {
    const { current, next } = request.body;
    const done = await attempt(request, () => accounts.changePassword(principalOf(request), { current, next }));
    if (done instanceof PortholeError) return show(request, reply, { error: done });
    addCookies(request, reply, done.setCookies);
    const text = m.account_changed({}, { locale: languageOf(request) });
    return finishForm(request, reply, { to: '/account', json: {}, flash: { kind: 'done', text } });
  });
  app.post(
    '/account/sessions/:id/revoke',
    { ...page('signedIn'), schema: { params: IdParams } },
    async (request, reply) => {
      await accounts.sessions.revoke(principalOf(request), request.params.id);
      const flash = { kind: 'done', text: m.account_signed_out({}, { locale: languageOf(request) }) } as const;
      return finishForm(request, reply, { to: '/account', json: {}, flash });
    },
  );
  app.post('/account/tokens', { ...page('signedIn'), schema: { body: TokenForm } }, async (request, reply) => {
    const { username } = userOf(request);
    const { name, scope = '', days = '' } = request.body;
    const made = await attempt(request, async () => {
      const now = Date.now();
      const given = { scope: scope === '' ? undefined : scope, expiresAt: expiryOf(days, now) };
      const limits = checkTokenLimits(given, now);
      return accounts.tokens.create({ username, name, ...limits }, principalOf(request));
    });
    if (made instanceof PortholeError) return show(request, reply, { error: made, typed: { name, scope, days } });
    if (wantsJson(request)) return reply.code(201).send(made);
    return show(request, reply, { newToken: { ...made.info, token: made.token } });
  });
  app.post(
    '/account/tokens/:id/revoke',
    { ...page('signedIn'), schema: { params: IdParams } },
    async (request, reply) => {
      await accounts.tokens.revoke(principalOf(request), request.params.id);
      const flash = { kind: 'done', text: m.account_revoked({}, { locale: languageOf(request) }) } as const;
      return finishForm(request, reply, { to: '/account', json: {}, flash });
    },
  );
}
