import type { SessionInfo, TokenInfo } from '../domain/user.ts';
import { mightWord, tokenScopeWord } from '../text/token-words.ts';
import type { AccountModel, NewToken } from './models.ts';
import { Confirm } from './parts/confirm.tsx';
import { about, aboutNone, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { Select, tokenLifetimes } from './parts/select.tsx';
import { settingsPage } from './parts/settings-page.tsx';
import { Time, useTimes } from './parts/time.tsx';

/** The account page: password, sessions and API tokens. */
export function account(model: AccountModel): string {
  const { error } = model;
  const general = aboutNone(error, ['current', 'next', 'name']);
  return settingsPage(model, {
    title: 'Account',
    tab: 'account',
    children: (
      <>
        <h1>{model.user?.username ?? 'Account'}</h1>
        {general !== null && <ErrorNote problem={general} />}
        <section class="panel" aria-labelledby="password-title">
          <h2 id="password-title">Password</h2>
          <form method="post" action="/account/password">
            <Csrf token={model.csrf} />
            <input type="hidden" name="username" autocomplete="username" value={model.user?.username ?? ''} />
            <Field
              id="current"
              name="current"
              label="Current password"
              type="password"
              autocomplete="current-password"
              error={about(error, 'current') ?? (error?.code === 'wrong_current_password' ? error : null)}
            />
            <Field
              id="next"
              name="next"
              label="New password"
              type="password"
              autocomplete="new-password"
              minLength={8}
              hint="At least 8 characters. Changing it signs you out everywhere except here."
              error={about(error, 'next')}
            />
            <div class="form-actions">
              <button class="btn" type="submit" data-busy="Changing…">
                Change password
              </button>
            </div>
          </form>
        </section>
        <Sessions sessions={model.sessions} csrf={model.csrf} />
        <Tokens model={model} />
      </>
    ),
  });
}

function Sessions({ sessions, csrf }: { readonly sessions: readonly SessionInfo[]; readonly csrf: string }) {
  const times = useTimes();
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      <ul class="rows">
        {sessions.map((session) => (
          <li key={session.id}>
            <Icon name="globe" />
            <div class="row-text">
              <b>
                {browserWord(session.userAgent)}
                {session.current && <span class="tag">this browser</span>}
              </b>
              <span>
                {session.ipAddress ?? 'unknown address'} · since <Time at={session.createdAt} form="moment" /> · last
                seen <Time at={session.lastSeenAt} form="moment" />
              </span>
            </div>
            {!session.current && (
              <Confirm
                action={`/account/sessions/${encodeURIComponent(session.id)}/revoke`}
                csrf={csrf}
                word="Sign out"
                what={`${browserWord(session.userAgent)}, since ${times.write(session.createdAt, 'moment')}`}
                busy="Signing out…"
              >
                People who use it must sign in again, and its streams end.
              </Confirm>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Tokens({ model }: { readonly model: AccountModel }) {
  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">API tokens</h2>
      <p class="hint">
        A token lets a program watch, or do anything you can do. Send it as <code>Authorization: Bearer TOKEN</code>. In
        addresses and pages that others can read, use one that may only watch.
      </p>
      {model.newToken !== null && <Made token={model.newToken} />}
      <ul class="rows">
        {model.tokens.map((token) => (
          <TokenRow key={token.id} token={token} model={model} />
        ))}
      </ul>
      <form class="inline-form" method="post" action="/account/tokens">
        <Csrf token={model.csrf} />
        <Field
          id="token-name"
          name="name"
          label="Program name"
          placeholder="Home Assistant"
          maxLength={60}
          error={about(model.error, 'name')}
        />
        <Select
          id="token-scope"
          name="scope"
          label="Permissions"
          options={[
            ['watch', 'Watch only'],
            ['full', `Everything ${model.user?.role === 'admin' ? 'an admin' : 'you'} can do`],
          ]}
        />
        <Select id="token-days" name="days" label="Expires" options={tokenLifetimes} />
        <button class="btn" type="submit" data-busy="Creating…">
          Create token
        </button>
      </form>
    </section>
  );
}

function TokenRow({ token, model }: { readonly token: TokenInfo; readonly model: AccountModel }) {
  return (
    <li>
      <Icon name="key" />
      <div class="row-text">
        <b>
          {token.name}
          {token.username !== model.user?.username && <span class="tag">{token.username}</span>}
          {token.role === 'admin' && <span class="tag mighty">may do everything</span>}
        </b>
        <span>
          {tokenScopeWord(token, (id) => model.cameras.find((camera) => camera.id === id)?.name ?? id)} · created{' '}
          <Time at={token.createdAt} form="moment" /> ·{' '}
          {token.lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Time at={token.lastUsedAt} form="moment" />
            </>
          )}
          {token.expiresAt !== null && (
            <>
              {` · ${token.expiresAt > Date.now() ? 'expires' : 'expired'} `}
              <Time at={token.expiresAt} form="moment" />
            </>
          )}
        </span>
      </div>
      <Confirm
        action={`/account/tokens/${encodeURIComponent(token.id)}/revoke`}
        csrf={model.csrf}
        word="Revoke"
        what={token.name}
        busy="Revoking…"
      >
        Programs that use this token stop working, and their streams end.
      </Confirm>
    </li>
  );
}

function Made({ token }: { readonly token: NewToken }) {
  return (
    <div class="new-token" role="status">
      <p>
        <b>Copy it now.</b> It is shown only once.
        {token.scope === 'full' && ` ${mightWord(token)}`}
      </p>
      <div class="copy-row">
        <input readOnly value={token.token} aria-label="New token" id="new-token" />
        <button class="btn small ghost js-only" type="button" data-copy="new-token" aria-label="Copy">
          <Icon name="copy" />
          <span>Copy</span>
        </button>
      </div>
    </div>
  );
}

/** Browser and operating system from a User-Agent header: `Firefox on Linux`. */
export function browserWord(userAgent: string | null): string {
  if (userAgent === null) return 'A program';
  const browser = userAgent.includes('Edg/')
    ? 'Edge'
    : userAgent.includes('Firefox/')
      ? 'Firefox'
      : userAgent.includes('Chrome/')
        ? 'Chrome'
        : userAgent.includes('Safari/')
          ? 'Safari'
          : null;
  const system =
    /(iPhone|iPad|Android|Windows|Mac OS X|Linux|CrOS)/
      .exec(userAgent)?.[1]
      ?.replace('Mac OS X', 'Mac')
      .replace('CrOS', 'Chromebook') ?? null;
  if (browser === null) return userAgent.split(/[ /]/)[0]?.slice(0, 30) || 'A program';
  return system === null ? browser : `${browser} on ${system}`;
}
