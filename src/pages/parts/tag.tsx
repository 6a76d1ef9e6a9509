import type { ComponentChildren } from 'preact';

/** A short remark after a name. The space before it, as wide as the gap looks, vanishes where the line breaks. */
export function Tag({ children, mighty }: { readonly children: ComponentChildren; readonly mighty?: boolean }) {
  return (
    <>
      {'\u2002'}
      <span class={mighty ? 'tag mighty' : 'tag'}>{children}</span>
    </>
  );
}
