import { m } from '#messages';
import type { ComponentChildren } from 'preact';
import type { Problem } from '../../domain/errors.ts';
import type { Tone } from '../../text/words.ts';
import { Icon } from './icon.tsx';

/** The hidden CSRF token that every form carries. */
export function Csrf({ token }: { readonly token: string }) {
  return <input type="hidden" name="_csrf" value={token} />;
}

/** A coloured dot, always used together with a word. */
export function Dot({ tone }: { readonly tone: Tone }) {
  return <i class="dot" data-tone={tone} aria-hidden="true" />;
}

/** URL of a camera's live page. */
export function cameraUrl(id: string): string {
  return `/?camera=${encodeURIComponent(id)}`;
}

/** An error message, at a field or above a form. */
export function ErrorNote({ problem, id }: { readonly problem: Problem; readonly id?: string }) {
  return (
    <div class="err" role="alert" id={id}>
      <Icon name="warning" />
      <div>
        <span class="err-text">{problem.message}</span>
        {problem.detail !== undefined && (
          <details class="more-detail">
            <summary>{m.common_details()}</summary>
            <code>{problem.detail}</code>
          </details>
        )}
      </div>
    </div>
  );
}

/** Properties of {@link Field}. */
export interface FieldProps {
  readonly name: string;
  /** The name by default. */
  readonly id?: string;
  readonly label: string;
  readonly type?: 'text' | 'password';
  readonly value?: string;
  readonly autocomplete?: string;
  readonly hint?: ComponentChildren;
  /** The problem of the form, which is shown here if it concerns this field. */
  readonly problem?: Problem | null;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly autofocus?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly placeholder?: string;
  /** For codes and addresses: no autocapitalisation, no spell check. */
  readonly plain?: boolean;
}

/** A labelled input with its hint and its error. */
export function Field(props: FieldProps) {
  const { name, id = name, label, hint, problem = null, plain, type = 'text', required = true, ...rest } = props;
  const error = about(problem, name);
  const described = [hint !== undefined && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  const common = {
    ...rest,
    ...(plain ? ({ autocapitalize: 'none', autocorrect: 'off', spellcheck: false } as const) : {}),
    ...(described === '' ? {} : { 'aria-describedby': described }),
    ...(error ? ({ 'aria-invalid': 'true', autofocus: true } as const) : {}),
    id,
    name,
    required,
  };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {!required && <span class="optional">{m.common_optional()}</span>}
      </label>
      {type === 'password' ? <input {...common} type="password" /> : <input {...common} type="text" />}
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && <ErrorNote problem={error} id={`${id}-error`} />}
    </div>
  );
}

/** The problem if it concerns this field, otherwise null. */
export function about(problem: Problem | null, field: string): Problem | null {
  return problem?.field === field ? problem : null;
}

/** The problem if it concerns none of these fields, to be shown above the form; otherwise null. */
export function aboutNone(problem: Problem | null, fields: readonly string[]): Problem | null {
  return problem !== null && (problem.field === undefined || !fields.includes(problem.field)) ? problem : null;
}
