import { m } from '#messages';
import { controlName, optionName, turnOff } from '../domain/cameras/control-name.ts';
import type { Control } from '../domain/cameras/control.ts';
import { say, type Sentence } from '../messages/sentence.ts';

// For pages that the server renders: scripts would load the names of all controls.

/** The name of a control. */
export function controlNameWord(control: Control): string {
  return said(controlName(control));
}

/** The name of a menu's option. */
export function optionWord(control: Control, label: string | number): string {
  return said(optionName(control, label));
}

/** What to do about an automatic setting to set what it controls. */
export function automaticAdvice(governor: Control): string {
  const name = controlNameWord(governor);
  if (governor.type !== 'boolean') return m.controls_governed_menu({ name });
  const sentence = turnOff(governor);
  return sentence === null ? m.controls_governed_switch({ name }) : say(sentence);
}

function said(text: Sentence | string): string {
  return typeof text === 'string' ? text : say(text);
}
