import { m } from '#messages';
import { Icon } from '../icon.tsx';

/** The way out of kiosk mode, with its key. It hides with the other controls. */
export function KioskExit({ href }: { readonly href: string }) {
  return (
    <a class="chip kiosk-exit" href={href}>
      <Icon name="cross" />
      <span>{m.live_leave_kiosk()}</span>
      <kbd class="js-only">Esc</kbd>
    </a>
  );
}
