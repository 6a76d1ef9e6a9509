/** How tiles are laid out: as the window suggests, in this many columns, or the first one large. */
export const gridLayouts = ['auto', '2', '3', '4', 'large'] as const;
/** One of {@link gridLayouts}. */
export type GridLayout = (typeof gridLayouts)[number];

/** How one person sees all cameras. */
export interface GridSettings {
  readonly layout: GridLayout;
  /** Ids of cameras in this person's order. Cameras that are missing here follow in the order of Settings. */
  readonly order: readonly string[];
  /** True to start cameras when their page opens, except those that were stopped in this session. */
  readonly autoStart: boolean;
}

/** The settings of people who have changed none. */
export const defaultGrid: GridSettings = { layout: 'auto', order: [], autoStart: false };

/** True for one of {@link gridLayouts}. */
export function isGridLayout(value: unknown): value is GridLayout {
  return gridLayouts.some((layout) => layout === value);
}

/** Sorts cameras by these ids. Cameras whose ids are missing follow in their own order. */
export function inGridOrder<T extends { readonly id: string }>(
  cameras: readonly T[],
  order: readonly string[],
): readonly T[] {
  const places = new Map(order.map((id, place) => [id, place]));
  const placeOf = ({ id }: T) => places.get(id) ?? order.length;
  return [...cameras].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Moves one id a place forward. */
export function movedUp(order: readonly string[], id: string): readonly string[] {
  const at = order.indexOf(id);
  if (at < 1) return order;
  return [...order.slice(0, at - 1), id, ...order.slice(at - 1).filter((each) => each !== id)];
}
