import type { CameraInfo } from '../domain/camera.ts';
import { roles, type Role } from '../domain/role.ts';
import type { User } from '../domain/user.ts';
import type { UsersModel } from './models.ts';
import { about, aboutNone, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { settingsPage } from './parts/settings-page.tsx';
import { Time } from './parts/time.tsx';

const roleWords: Readonly<Record<Role, string>> = {
  viewer: 'Viewer: watch',
  operator: 'Operator: watch, take and delete photos',
  admin: 'Admin: everything',
};

/** The users page, for admins: names, roles and visible cameras. */
export function users(model: UsersModel): string {
  const { error, values } = model;
  const general = aboutNone(error, ['username', 'password']);
  return settingsPage(model, {
    title: 'Users',
    tab: 'users',
    children: (
      <>
        <h1>Users</h1>
        {general !== null && <ErrorNote problem={general} />}
        <ul class="rows people">
          {model.users.map((user) => (
            <li key={user.id}>
              <Person user={user} model={model} />
            </li>
          ))}
        </ul>
        <section class="panel" aria-labelledby="add-user">
          <h2 id="add-user">Add a user</h2>
          <form method="post" action="/settings/users">
            <Csrf token={model.csrf} />
            <Field
              id="username"
              name="username"
              label="Name"
              value={values?.username ?? ''}
              autocomplete="off"
              maxLength={30}
              error={about(error, 'username')}
              plain
            />
            <Field
              id="password"
              name="password"
              label="Password"
              type="password"
              autocomplete="new-password"
              minLength={8}
              hint="At least 8 characters. They can change it in their account."
              error={about(error, 'password')}
            />
            <RoleSelect id="role" role={values?.role ?? 'viewer'} />
            <CameraChoice id="new" chosen={values?.cameras ?? null} cameras={model.cameras} />
            <div class="form-actions">
              <button class="btn" type="submit" data-busy="Adding…">
                Add this user
              </button>
            </div>
          </form>
        </section>
      </>
    ),
  });
}

function Person({ user, model }: { readonly user: User; readonly model: UsersModel }) {
  const action = `/settings/users/${encodeURIComponent(user.id)}`;
  const self = user.username === model.user?.username;
  const seen = user.cameras === null ? 'all cameras' : namesOf(user.cameras, model.cameras);
  return (
    <details class="fold">
      <summary>
        <span class="who" data-initials={user.username.slice(0, 2)} />
        <span class="row-text">
          <b>
            {user.username}
            {self && <span class="tag">you</span>}
          </b>
          <span>
            {user.role} · {seen} · since <Time at={user.createdAt} form="moment" />
          </span>
        </span>
      </summary>
      <form method="post" action={action}>
        <Csrf token={model.csrf} />
        <RoleSelect id={`role-${user.id}`} role={user.role} />
        <CameraChoice id={user.id} chosen={user.cameras} cameras={model.cameras} />
        <Field
          id={`password-${user.id}`}
          name="password"
          label="New password"
          type="password"
          autocomplete="new-password"
          required={false}
          minLength={8}
          hint="Leave empty to keep the current password. A new password signs them out everywhere."
        />
        <fieldset class="checks">
          <legend>With a new password</legend>
          <label>
            <input type="checkbox" name="revokeTokens" value="1" checked />
            <span>Also revoke their API tokens. Programs that use them stop working.</span>
          </label>
        </fieldset>
        <div class="form-actions">
          <button class="btn" type="submit" data-busy="Saving…">
            Save
          </button>
        </div>
      </form>
      {!self && (
        <details class="confirm">
          <summary class="btn ghost bad">Remove {user.username}…</summary>
          <form method="post" action={`${action}/delete`}>
            <Csrf token={model.csrf} />
            <p>This signs them out immediately and revokes their tokens. Their photos are kept.</p>
            <button class="btn bad-solid" type="submit" data-busy="Removing…">
              Yes, remove {user.username}
            </button>
          </form>
        </details>
      )}
    </details>
  );
}

function RoleSelect({ id, role }: { readonly id: string; readonly role: Role }) {
  return (
    <div class="field">
      <label for={id}>Role</label>
      <select id={id} name="role">
        {roles.map((each) => (
          <option key={each} value={each} selected={each === role}>
            {roleWords[each]}
          </option>
        ))}
      </select>
    </div>
  );
}

function CameraChoice(props: {
  readonly id: string;
  readonly chosen: readonly string[] | null;
  readonly cameras: readonly CameraInfo[];
}) {
  const { id, chosen, cameras } = props;
  return (
    <fieldset class="checks">
      <legend>Cameras they may see</legend>
      {/* Sent even if nothing is checked, which then means "none". */}
      <input type="hidden" name="cameras" value="" />
      <label>
        <input type="checkbox" name="cameras" value="*" checked={chosen === null} />
        <span>All, including cameras added later</span>
      </label>
      {cameras.map((camera) => (
        <label key={`${id}-${camera.id}`}>
          <input type="checkbox" name="cameras" value={camera.id} checked={chosen?.includes(camera.id) ?? false} />
          <span>{camera.name}</span>
        </label>
      ))}
    </fieldset>
  );
}

function namesOf(ids: readonly string[], cameras: readonly CameraInfo[]): string {
  if (ids.length === 0) return 'no camera';
  return ids.map((id) => cameras.find((camera) => camera.id === id)?.name ?? id).join(', ');
}
