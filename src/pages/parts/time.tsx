import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type TimeForm, Times } from '../../text/times.ts';

/** The times of the page that is rendered; `page()` provides them. */
export const PageTimes = createContext<Times>(new Times({ locale: 'en-GB', zone: null, serverZone: 'UTC' }));

/** The times of the page, for texts in attributes. Elsewhere, use {@link Time}. */
export function useTimes(): Times {
  return useContext(PageTimes);
}

/**
 * A time in the viewer's zone and format, with the server's time on hover. Scripts rewrite its last text when the browser
 * turns out to be in another zone.
 */
export function Time(props: {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly form: TimeForm;
  /** True where the same words are read out already. */
  readonly hidden?: boolean;
  /** Shown before the time. */
  readonly children?: ComponentChildren;
}) {
  const times = useTimes();
  const { at, form, hidden, children } = props;
  return (
    <time
      dateTime={new Date(at).toISOString()}
      data-form={form}
      title={times.atServer(at)}
      {...(hidden ? { 'aria-hidden': 'true' as const } : {})}
    >
      {children}
      {times.write(at, form)}
    </time>
  );
}
