import { m } from '#messages';
import { type Control } from '../../domain/cameras/control.ts';
import { automaticAdvice, controlNameWord, optionWord } from '../../text/control-names.ts';
import { withUnit } from '../../text/numbers.ts';
import { controlValueWord, isAutomatic, whyInactive } from '../../text/control-words.ts';

type Of<Type extends Control['type']> = Extract<Control, { readonly type: Type }>;

/** One control of a camera; scripts update it through its data attributes. */
export function ControlRow({ control, all }: { readonly control: Control; readonly all: readonly Control[] }) {
  const why = whyInactive(control, all, automaticAdvice);
  const id = `control-${control.id}`;
  const shared = {
    name: `control.${control.id}`,
    disabled: why !== null,
    'aria-describedby': `${id}-note`,
  } as const;
  return (
    <div
      class="control"
      data-control={control.id}
      data-type={control.type}
      data-value={control.type === 'button' ? undefined : Number(control.value)}
      data-unit={control.type === 'integer' ? control.unit : undefined}
      data-advice={isAutomatic(control) ? automaticAdvice(control) : undefined}
      data-inactive={why === null ? undefined : ''}
    >
      {control.type === 'integer' && <Slider control={control} id={id} shared={shared} />}
      {control.type === 'boolean' && (
        <label class="control-head">
          <span>{controlNameWord(control)}</span>
          <input type="hidden" name={shared.name} value="0" disabled={shared.disabled} />
          <input {...shared} id={id} class="toggle" type="checkbox" role="switch" value="1" checked={control.value} />
        </label>
      )}
      {(control.type === 'menu' || control.type === 'intmenu') && <Menu control={control} id={id} shared={shared} />}
      {control.type === 'button' && (
        <button
          class="btn small ghost wide-button"
          form="press-control"
          name="press"
          value={control.id}
          disabled={shared.disabled}
          aria-describedby={shared['aria-describedby']}
        >
          {controlNameWord(control)}
        </button>
      )}
      <p class="control-note" id={`${id}-note`} hidden={why === null}>
        {why}
      </p>
    </div>
  );
}

interface Inner<Type extends Control['type']> {
  readonly control: Of<Type>;
  readonly id: string;
  readonly shared: { readonly name: string; readonly disabled: boolean; readonly 'aria-describedby': string };
}

// The form sends the number. The slider needs scripts, which keep both in sync.
function Slider({ control, id, shared }: Inner<'integer'>) {
  const { min, max, step, value, unit } = control;
  const range = { min, max, step, value };
  const word = (number: number) => controlValueWord(number, unit);
  const plainUnit = unit !== undefined && word(1) === withUnit(1, unit);
  return (
    <>
      <div class="control-head">
        <label for={id}>
          {controlNameWord(control)}
          {unit !== undefined && <span class="optional"> ({unit.replace(' ', '\u00a0')})</span>}
        </label>
        <input {...shared} {...range} id={id} type="number" inputMode={min < 0 ? 'text' : 'numeric'} required />
      </div>
      <input
        {...range}
        class="slider js-only"
        type="range"
        disabled={shared.disabled}
        aria-label={controlNameWord(control)}
        aria-valuetext={word(value)}
      />
      <div class="control-ends">
        <span>{word(min)}</span>
        <output for={id} hidden={unit === undefined || plainUnit}>
          {word(value)}
        </output>
        <span>{word(max)}</span>
      </div>
    </>
  );
}

function Menu({ control, id, shared }: Inner<'menu' | 'intmenu'>) {
  const options: readonly { readonly value: number; readonly label: string | number }[] = control.options;
  const known = options.some((option) => option.value === control.value);
  return (
    <div class="field">
      <label for={id}>{controlNameWord(control)}</label>
      <select {...shared} id={id}>
        {!known && (
          <option value={control.value} selected>
            {m.controls_current({ value: control.value })}
          </option>
        )}
        {options.map((option) => (
          <option key={option.value} value={option.value} selected={option.value === control.value}>
            {optionWord(control, option.label)}
          </option>
        ))}
      </select>
    </div>
  );
}
