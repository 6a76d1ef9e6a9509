import { m } from '#messages';
import type { SessionInfo, TokenInfo } from '../domain/users/user.ts';
import { mightWord, tokenScopeWord } from '../text/token-words.ts';
import type { AccountModel, NewToken } from './models.ts';
import { Confirm } from './parts/confirm.tsx';
import { aboutNone, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { Icon } from './parts/icon.tsx';
import { Rich } from './parts/rich.tsx';
import { Select, tokenLifetimes } from './parts/select.tsx';
import { settingsPage } from './parts/settings-page.tsx';
import { Time, useTimes } from './parts/time.tsx';
import { Tag } from './parts/tag.tsx';

/** The account page: password, sessions and API tokens. */
export function account(model: AccountModel): string {
  const { error } = model;
  const general = aboutNone(error, ['current', 'next', 'name']);
  return settingsPage(model, {
    title: m.account_title(),
    tab: 'account',
    children: (
      <>
        <h1>{model.user?.username ?? m.account_title()}</h1>
        {general !== null && <ErrorNote problem={general} />}
        <section class="panel" aria-labelledby="password-title">
          <h2 id="password-title">{m.account_password()}</h2>
          <form method="post" action="/account/password">
            <Csrf token={model.csrf} />
            <input type="hidden" name="username" autocomplete="username" value={model.user?.username ?? ''} />
            <Field
              name="current"
              label={m.account_current()}
              type="password"
              autocomplete="current-password"
              problem={error}
            />
            <Field
              name="next"
              label={m.account_next()}
              type="password"
              autocomplete="new-password"
              minLength={8}
              hint={m.account_next_hint()}
              problem={error}
            />
            <div class="form-actions">
              <button class="btn" type="submit" data-busy={m.account_changing()}>
                {m.account_change()}
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
      <h2 id="sessions">{m.account_sessions()}</h2>
      <ul class="rows">
        {sessions.map((session) => (
          <li key={session.id}>
            <Icon name="globe" />
            <div class="row-text">
              <b>
                {browserWord(session.userAgent)}
                {session.current && <Tag>{m.account_this_browser()}</Tag>}
              </b>
              <span>
                {`${session.ipAddress ?? m.account_unknown_address()}\u00a0· `}
                <When text={m.account_session_since()} time={session.createdAt} />
              </span>
              <span>
                <When text={m.account_session_seen()} time={session.lastSeenAt} />
              </span>
            </div>
            {!session.current && (
              <Confirm
                action={`/account/sessions/${encodeURIComponent(session.id)}/revoke`}
                csrf={csrf}
                word={m.account_sign_out()}
                yes={m.account_sign_out_yes()}
                what={m.account_session_what({
                  browser: browserWord(session.userAgent),
                  time: times.write(session.createdAt, 'moment'),
                })}
                busy={m.account_signing_out()}
              >
                {m.account_sign_out_ask()}
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
      <h2 id="tokens">{m.account_tokens()}</h2>
      <p class="hint">
        <Rich text={m.account_tokens_hint()} />
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
          label={m.account_program_name()}
          placeholder={m.account_program_example()}
          maxLength={60}
          value={model.typed?.name ?? ''}
          problem={model.error}
        />
        <Select
          id="token-scope"
          name="scope"
          label={m.account_permissions()}
          options={[
            ['watch', m.account_only_watch()],
            ['full', model.user?.role === 'admin' ? m.account_all_admin() : m.account_all_you()],
          ]}
          {...(model.typed === undefined ? {} : { chosen: model.typed.scope })}
        />
        <Select
          id="token-days"
          name="days"
          label={m.account_expires()}
          options={tokenLifetimes()}
          {...(model.typed === undefined ? {} : { chosen: model.typed.days })}
        />
        <button class="btn" type="submit" data-busy={m.account_creating()}>
          {m.account_create()}
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
          {token.username !== model.user?.username && <Tag>{token.username}</Tag>}
          {token.role === 'admin' && <Tag mighty>{m.account_mighty()}</Tag>}
        </b>
        <span>
          {tokenScopeWord(token, (id) => model.cameras.find((camera) => camera.id === id)?.name ?? id)}
          {'\u00a0· '}
          <When text={m.account_created()} time={token.createdAt} />
          {'\u00a0· '}
          {token.lastUsedAt === null ? (
            m.account_never_used()
          ) : (
            <When text={m.account_last_used()} time={token.lastUsedAt} />
          )}
          {token.expiresAt !== null && (
            <>
              {'\u00a0· '}
              <When text={token.expiresAt > Date.now() ? m.account_ends() : m.account_ended()} time={token.expiresAt} />
            </>
          )}
        </span>
      </div>
      <Confirm
        action={`/account/tokens/${encodeURIComponent(token.id)}/revoke`}
        csrf={model.csrf}
        word={m.account_revoke()}
        yes={m.account_revoke_yes()}
        what={token.name}
        busy={m.account_revoking()}
      >
        {m.account_revoke_ask()}
      </Confirm>
    </li>
  );
}

/** A message with a time, on one line if it fits. */
function When({ text, time }: { readonly text: string; readonly time: number }) {
  return (
    <span class="when">
      <Rich text={text} time={() => <Time at={time} form="moment" />} />
    </span>
  );
}

function Made({ token }: { readonly token: NewToken }) {
  return (
    <div class="new-token" role="status">
      <p>
        <Rich text={m.account_copy_now()} />
        {token.scope === 'full' && ` ${mightWord(token)}`}
      </p>
      <div class="copy-row">
        <input readOnly value={token.token} aria-label={m.account_new_token()} id="new-token" />
        <button class="btn small ghost js-only" type="button" data-copy="new-token" aria-label={m.connect_copy()}>
          <Icon name="copy" />
          <span>{m.connect_copy()}</span>
        </button>
      </div>
    </div>
  );
}

/** Browser and operating system from a User-Agent header: `Firefox on Linux`. */
export function browserWord(userAgent: string | null): string {
  if (userAgent === null) return m.account_a_program();
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
  if (browser === null) return userAgent.split(/[ /]/)[0]?.slice(0, 30) || m.account_a_program();
  return system === null ? browser : m.account_browser_on({ browser, system });
}
