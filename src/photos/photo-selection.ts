import { type Static, Type } from 'typebox';
import { PortholeError } from '../domain/errors.ts';
import { dayPattern, LocalDays } from '../domain/local-days.ts';
import type { PhotoSelection, TimeSpan } from '../domain/photo.ts';
import { Ids, listOf } from '../http/forms/forms.ts';
import { sentence } from '../messages/sentence.ts';

/** A day in a form or a request. */
const Day = Type.String({ pattern: dayPattern.source });
const Days = Type.Array(Day, { maxItems: 5000 });
const List = Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10_000 });

/** Photos by their ids, by days, or all of a filter: also those that the client has never listed. */
export const PhotoChoice = Type.Object(
  {
    ids: Type.Optional(List),
    days: Type.Optional(Type.Array(Day, { maxItems: 5000, description: 'All photos of these days' })),
    all: Type.Optional(Type.Boolean({ description: 'All photos' })),
    camera: Type.Optional(Type.String({ maxLength: 60, description: 'Of days and all: only of this camera' })),
    until: Type.Optional(
      Type.Number({ description: 'Of days and all: none taken after this time, milliseconds since the epoch' }),
    ),
    except: Type.Optional(
      Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10_000, description: 'But not these' }),
    ),
    zone: Type.Optional(
      Type.String({ maxLength: 64, description: "The time zone of the days (IANA); by default the server's" }),
    ),
  },
  { title: 'PhotoChoice' },
);

/** The same as the fields of a form. */
export const ChoiceForm = Type.Object({
  ids: Type.Optional(Ids),
  days: Type.Optional(Type.Union([Type.Literal(''), Day, Days])),
  all: Type.Optional(Type.String({ maxLength: 10 })),
  camera: Type.Optional(Type.String({ maxLength: 60 })),
  until: Type.Optional(Type.String({ pattern: '^\\d{0,15}$' })),
  except: Type.Optional(Ids),
  zone: Type.Optional(Type.String({ maxLength: 64 })),
});

/** A choice as a form sends it. */
export function choiceIn(form: Static<typeof ChoiceForm>): Static<typeof PhotoChoice> {
  const { until = '', camera = '', zone = '' } = form;
  return {
    ids: [...listOf(form.ids)],
    days: [...listOf(form.days)],
    all: form.all !== undefined && form.all !== '',
    except: [...listOf(form.except)],
    ...(camera === '' ? {} : { camera }),
    ...(until === '' ? {} : { until: Number(until) }),
    ...(zone === '' ? {} : { zone }),
  };
}

/**
 * The photos that somebody has chosen.
 *
 * @throws {PortholeError} `invalid_input` for none, and for a time zone that does not exist.
 */
export function selectionOf(choice: Static<typeof PhotoChoice>): PhotoSelection {
  const { ids = [], days = [], all = false, camera, until = Number.MAX_SAFE_INTEGER - 1, except = [] } = choice;
  if (ids.length === 0 && days.length === 0 && !all) {
    throw new PortholeError('invalid_input', { field: 'ids', message: sentence('photos_select_first') });
  }
  const to = Math.min(Math.floor(until) + 1, 8.64e15);
  const spans = all ? [{ from: 0, to }] : spansOf(days, localDays(choice.zone), to);
  return { ids, spans: spans.filter(({ from, to }) => from < to), camera, except };
}

/**
 * The days of a time zone.
 *
 * @throws {PortholeError} `invalid_input` if it does not exist.
 */
export function localDays(zone: string | undefined): LocalDays {
  try {
    return new LocalDays(zone);
  } catch {
    throw new PortholeError('invalid_input', {
      field: 'zone',
      message: 'zone is no time zone, such as Europe/Berlin.',
    });
  }
}

/** The times of these days, with none that overlap. Before 1970 nobody took a photo. */
function spansOf(days: readonly string[], zone: LocalDays, most: number): TimeSpan[] {
  return [...new Set(days)].map((day) => ({
    from: Math.max(0, zone.start(day)),
    to: Math.min(zone.end(day), most),
  }));
}
