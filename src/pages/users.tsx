import { m } from '#messages';
import { initials } from '../text/initials.ts';
import { joined } from '../text/joined.ts';
import type { Problem } from '../domain/errors.ts';
import type { CameraInfo } from '../domain/cameras/camera.ts';
import { roles, type Role } from '../domain/users/role.ts';
import type { User } from '../domain/users/user.ts';
import { roleWord } from '../text/role-word.ts';
import type { UsersModel } from './models.ts';
import { Confirm } from './parts/confirm.tsx';
import { about, aboutNone, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { settingsPage } from './parts/settings-page.tsx';
import { Time } from './parts/time.tsx';
import { Tag } from './parts/tag.tsx';

const roleWords: Readonly<Record<Role, () => string>> = {
  viewer: m.users_role_name_viewer,
  operator: m.users_role_name_operator,
  admin: m.users_role_name_admin,
};

/** The fields with errors of their own. */
const fields = ['username', 'password', 'role', 'cameras'];

/** The users page, for admins: names, roles and visible cameras. */
export function users(model: UsersModel): string {
  const values = model.values?.id === null ? model.values : null;
  const edited = model.values?.id === null ? null : model.values;
  const error = edited === null ? model.error : null;
  const general = aboutNone(error, fields);
  return settingsPage(model, {
    title: m.users_title(),
    tab: 'users',
    children: (
      <>
        <h1>{m.users_title()}</h1>
        {general !== null && <ErrorNote problem={general} />}
        <ul class="rows people">
          {model.users.map((user) => (
            <li key={user.id}>
              <Person user={user} model={model} typed={edited?.id === user.id ? edited : null} />
            </li>
          ))}
        </ul>
        <section class="panel" aria-labelledby="add-user">
          <h2 id="add-user">{m.users_add()}</h2>
          <form method="post" action="/settings/users">
            <Csrf token={model.csrf} />
            <Field
              name="username"
              label={m.users_name()}
              value={values?.username ?? ''}
              autocomplete="off"
              maxLength={30}
              problem={error}
              plain
            />
            <Field
              name="password"
              label={m.users_password()}
              type="password"
              autocomplete="new-password"
              minLength={8}
              hint={m.users_password_hint()}
              problem={error}
            />
            <RoleSelect id="role" role={values?.role ?? 'viewer'} error={about(error, 'role')} />
            <CameraChoice
              id="new"
              chosen={values?.cameras ?? null}
              cameras={model.cameras}
              error={about(error, 'cameras')}
            />
            <div class="form-actions">
              <button class="btn" type="submit" data-busy={m.users_adding()}>
                {m.users_add_submit()}
              </button>
            </div>
          </form>
        </section>
      </>
    ),
  });
}

interface PersonProps {
  readonly user: User;
  readonly model: UsersModel;
  /** What could not be saved. */
  readonly typed: UsersModel['values'];
}

function Person({ user, model, typed }: PersonProps) {
  const error = typed === null ? null : model.error;
  const general = aboutNone(error, fields);
  const action = `/settings/users/${encodeURIComponent(user.id)}`;
  const self = user.username === model.user?.username;
  const seen = user.cameras === null ? m.users_all_cameras() : namesOf(user.cameras, model.cameras);
  return (
    <details class="fold" open={typed !== null}>
      <summary>
        <span class="who" data-initials={initials(user.username)} />
        <span class="row-text">
          <b>
            {user.username}
            {self && <Tag>{m.users_you()}</Tag>}
          </b>
          <span>
            {`${joined(roleWord(user.role), seen)}\u00a0· `}
            <span class="when">
              {m.users_since()} <Time at={user.createdAt} form="moment" />
            </span>
          </span>
        </span>
      </summary>
      <form method="post" action={action}>
        <Csrf token={model.csrf} />
        {general !== null && <ErrorNote problem={general} />}
        <RoleSelect id={`role-${user.id}`} role={typed?.role ?? user.role} error={about(error, 'role')} />
        <CameraChoice
          id={user.id}
          chosen={typed === null ? user.cameras : typed.cameras}
          cameras={model.cameras}
          error={about(error, 'cameras')}
        />
        <Field
          id={`password-${user.id}`}
          name="password"
          label={m.users_new_password()}
          type="password"
          autocomplete="new-password"
          required={false}
          minLength={8}
          hint={m.users_new_password_hint()}
          problem={error}
        />
        <fieldset class="checks">
          <legend>{m.users_with_password()}</legend>
          <label>
            <input type="checkbox" name="revokeTokens" value="1" checked={typed?.revokeTokens ?? true} />
            <span>{m.users_revoke_tokens()}</span>
          </label>
        </fieldset>
        <div class="form-actions">
          <button class="btn" type="submit" data-busy={m.users_saving()}>
            {m.users_save()}
          </button>
        </div>
      </form>
      {!self && (
        <Confirm
          action={`${action}/delete`}
          csrf={model.csrf}
          word={m.users_remove({ name: user.username })}
          yes={m.users_remove_confirm({ name: user.username })}
          busy={m.users_removing()}
        >
          {m.users_remove_text()}
        </Confirm>
      )}
    </details>
  );
}

interface RoleProps {
  readonly id: string;
  readonly role: Role;
  readonly error: Problem | null;
}

function RoleSelect({ id, role, error }: RoleProps) {
  return (
    <div class="field">
      <label for={id}>{m.users_role()}</label>
      <select id={id} name="role" aria-describedby={`${id}-hint`} {...faulty(`${id}-hint ${id}-error`, error)}>
        {roles.map((each) => (
          <option key={each} value={each} selected={each === role}>
            {roleWords[each]()}
          </option>
        ))}
      </select>
      <p class="hint" id={`${id}-hint`}>
        {m.users_role_hint()}
      </p>
      {error && <ErrorNote problem={error} id={`${id}-error`} />}
    </div>
  );
}

function CameraChoice(props: {
  readonly id: string;
  readonly chosen: readonly string[] | null;
  readonly cameras: readonly CameraInfo[];
  readonly error: Problem | null;
}) {
  const { id, chosen, cameras, error } = props;
  return (
    <fieldset class="checks" {...faulty(`cameras-${id}-error`, error)}>
      <legend>{m.users_cameras()}</legend>
      {/* Sent even if nothing is checked, which then means "none". */}
      <input type="hidden" name="cameras" value="" />
      <label>
        <input type="checkbox" name="cameras" value="*" checked={chosen === null} />
        <span>{m.users_cameras_all()}</span>
      </label>
      {cameras.map((camera) => (
        <label key={`${id}-${camera.id}`}>
          <input type="checkbox" name="cameras" value={camera.id} checked={chosen?.includes(camera.id) ?? false} />
          <span>{camera.name}</span>
        </label>
      ))}
      {error && <ErrorNote problem={error} id={`cameras-${id}-error`} />}
    </fieldset>
  );
}

/** The attributes of an input, or a group of them, with an error. */
function faulty(id: string, error: Problem | null) {
  return error === null ? {} : ({ 'aria-invalid': 'true', 'aria-describedby': id, autofocus: true } as const);
}

function namesOf(ids: readonly string[], cameras: readonly CameraInfo[]): string {
  if (ids.length === 0) return m.users_no_camera();
  return ids.map((id) => cameras.find((camera) => camera.id === id)?.name ?? id).join(', ');
}
