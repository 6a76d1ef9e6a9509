import { m } from '#messages';

/** A choice: the form's value and its text. */
export type Choice = readonly [value: string, text: string];

/** How long a token may last, in days. */
export function tokenLifetimes(): readonly Choice[] {
  return [
    ['', m.account_never()],
    ['1', m.account_after_day()],
    ['7', m.account_after_week()],
    ['30', m.account_after_month()],
    ['365', m.account_after_year()],
  ];
}

/** A labelled list to choose from. */
export function Select(props: {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly options: readonly Choice[];
  /** The value that is chosen; by default the first one. */
  readonly chosen?: string;
}) {
  return (
    <div class="field">
      <label for={props.id}>{props.label}</label>
      <select id={props.id} name={props.name}>
        {props.options.map(([value, text]) => (
          <option key={value} value={value} selected={value === props.chosen}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
