import { sentence } from '../messages/sentence.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { isRole } from '../domain/users/role.ts';
import { answerFor } from '../http/errors.ts';
import { attempt, finishForm } from '../http/forms/form-answers.ts';
import { Field, Ids, listOf } from '../http/forms/forms.ts';
import type { App } from '../http/kernel.ts';
import { page } from '../http/security/policy.ts';
import { IdParams } from '../http/schemas.ts';
import { sendPage, shellFor } from '../http/shell.ts';
import type { UsersModel } from '../pages/models.ts';
import { checkRole } from './account-rules.ts';
import type { Accounts } from './accounts.ts';

/** A user, new or changed. An empty password keeps the present one. */
const UserForm = Type.Object({
  username: Type.Optional(Type.String({ maxLength: 200 })),
  password: Type.Optional(Type.String({ maxLength: 1000 })),
  role: Type.Optional(Field),
  cameras: Type.Optional(Ids),
  /** Not empty to revoke their tokens with a new password. */
  revokeTokens: Type.Optional(Field),
});

/** The page of Settings on which admins add, change and remove users. */
export function registerUserForms(app: App, accounts: Accounts): void {
  const { pages } = app.kernel;
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    error: PortholeError | null,
    values: UsersModel['values'],
  ): Promise<FastifyReply> => {
    const users = await accounts.users.list();
    const model = { ...shellFor(request, reply), users, error: error?.toJSON() ?? null, values };
    return sendPage(reply, pages.users(model), error === null ? 200 : answerFor(error).status, '/settings/users');
  };

  app.get('/settings/users', page('admin'), (request, reply) => show(request, reply, null, null));
  app.post('/settings/users', { ...page('admin'), schema: { body: UserForm } }, async (request, reply) => {
    const { username = '', password = '' } = request.body;
    const cameras = camerasOf(request.body.cameras);
    const user = await attempt(request, async () =>
      accounts.users.add({ username, password, role: checkRole(request.body.role), cameras }),
    );
    if (user instanceof PortholeError) {
      const role = isRole(request.body.role) ? request.body.role : 'viewer';
      return show(request, reply, user, { id: null, username, role, cameras, revokeTokens: false });
    }
    const flash = { kind: 'done', text: sentence('users_added', { name: user.username }) } as const;
    return finishForm(request, reply, { to: '/settings/users', json: user, flash, status: 201 });
  });
  app.post(
    '/settings/users/:id',
    { ...page('admin'), schema: { params: IdParams, body: UserForm } },
    async (request, reply) => {
      const { id } = request.params;
      const { password = '', role, cameras, revokeTokens = '' } = request.body;
      const user = await attempt(request, async () =>
        accounts.users.update(id, {
          ...(role === undefined ? {} : { role: checkRole(role) }),
          // A form without any camera is about something else, such as a new password.
          ...(cameras === undefined ? {} : { cameras: camerasOf(cameras) }),
          ...(password === '' ? {} : { password, revokeTokens: revokeTokens !== '' }),
        }),
      );
      if (user instanceof PortholeError) {
        const before = (await accounts.users.list()).find((each) => each.id === id);
        if (before === undefined) return show(request, reply, user, null);
        return show(request, reply, user, {
          id,
          username: before.username,
          role: isRole(role) ? role : before.role,
          cameras: cameras === undefined ? before.cameras : camerasOf(cameras),
          revokeTokens: revokeTokens !== '',
        });
      }
      const flash = { kind: 'done', text: sentence('users_saved', { name: user.username }) } as const;
      return finishForm(request, reply, { to: '/settings/users', json: user, flash });
    },
  );
  app.post('/settings/users/:id/delete', { ...page('admin'), schema: { params: IdParams } }, async (request, reply) => {
    const removed = await attempt(request, () => accounts.users.remove(request.params.id));
    if (removed instanceof PortholeError) return show(request, reply, removed, null);
    const flash = { kind: 'done', text: sentence('users_removed') } as const;
    return finishForm(request, reply, { to: '/settings/users', json: {}, flash });
  });
}

/** The cameras that a user may see. `*`, or no field at all, means all of them. */
function camerasOf(field: string | readonly string[] | undefined): readonly string[] | null {
  if (field === undefined) return null;
  const ids = listOf(field);
  return ids.includes('*') ? null : ids;
}
