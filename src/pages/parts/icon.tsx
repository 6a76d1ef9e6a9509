import arrowDown from 'lucide-static/icons/arrow-down.svg?raw';
import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw';
import arrowUp from 'lucide-static/icons/arrow-up.svg?raw';
import camera from 'lucide-static/icons/camera.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import chevronLeft from 'lucide-static/icons/chevron-left.svg?raw';
import chevronRight from 'lucide-static/icons/chevron-right.svg?raw';
import code from 'lucide-static/icons/code-xml.svg?raw';
import copy from 'lucide-static/icons/copy.svg?raw';
import crop from 'lucide-static/icons/crop.svg?raw';
import download from 'lucide-static/icons/download.svg?raw';
import ellipsis from 'lucide-static/icons/ellipsis.svg?raw';
import external from 'lucide-static/icons/external-link.svg?raw';
import gauge from 'lucide-static/icons/gauge.svg?raw';
import globe from 'lucide-static/icons/globe.svg?raw';
import image from 'lucide-static/icons/image.svg?raw';
import keyboard from 'lucide-static/icons/keyboard.svg?raw';
import key from 'lucide-static/icons/key-round.svg?raw';
import grip from 'lucide-static/icons/grip.svg?raw';
import grid from 'lucide-static/icons/layout-grid.svg?raw';
import logOut from 'lucide-static/icons/log-out.svg?raw';
import maximize from 'lucide-static/icons/maximize.svg?raw';
import minus from 'lucide-static/icons/minus.svg?raw';
import move from 'lucide-static/icons/move.svg?raw';
import pencil from 'lucide-static/icons/pencil.svg?raw';
import place from 'lucide-static/icons/map-pin.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import float from 'lucide-static/icons/picture-in-picture-2.svg?raw';
import plug from 'lucide-static/icons/plug.svg?raw';
import plus from 'lucide-static/icons/plus.svg?raw';
import power from 'lucide-static/icons/power.svg?raw';
import retry from 'lucide-static/icons/refresh-cw.svg?raw';
import scaling from 'lucide-static/icons/maximize-2.svg?raw';
import search from 'lucide-static/icons/search.svg?raw';
import settings from 'lucide-static/icons/settings.svg?raw';
import share from 'lucide-static/icons/share-2.svg?raw';
import sliders from 'lucide-static/icons/sliders-horizontal.svg?raw';
import square from 'lucide-static/icons/square.svg?raw';
import trash from 'lucide-static/icons/trash-2.svg?raw';
import warning from 'lucide-static/icons/triangle-alert.svg?raw';
import tv from 'lucide-static/icons/tv.svg?raw';
import user from 'lucide-static/icons/user-round.svg?raw';
import users from 'lucide-static/icons/users-round.svg?raw';
import cross from 'lucide-static/icons/x.svg?raw';
import audio from 'lucide-static/icons/volume-2.svg?raw';
import webcam from 'lucide-static/icons/webcam.svg?raw';
import markSvg from '../mark.svg?raw';

// Lucide's icons (ISC licence); only their shapes are used.
const icons = {
  arrowDown,
  arrowLeft,
  arrowUp,
  camera,
  check,
  chevronLeft,
  chevronRight,
  code,
  copy,
  crop,
  cross,
  download,
  ellipsis,
  external,
  float,
  gauge,
  globe,
  grid,
  grip,
  image,
  key,
  keyboard,
  logOut,
  maximize,
  minus,
  move,
  pencil,
  place,
  play,
  plug,
  plus,
  power,
  retry,
  scaling,
  search,
  settings,
  share,
  sliders,
  audio,
  square,
  trash,
  tv,
  user,
  users,
  warning,
  webcam,
};

/** Name of an icon. */
export type IconName = keyof typeof icons;

const shape = (svg: string): string =>
  svg.replace(/^[\s\S]*?<svg[^>]*>\s*|\s*<\/svg>\s*$/g, '').replace(/\s*\n\s*/g, '');

const shapes = Object.fromEntries(Object.entries(icons).map(([name, svg]) => [name, shape(svg)]));
const markShape = shape(markSvg);

/** Icons that point forward or back, which is the other way in languages that are read from right to left. */
const directed: ReadonlySet<IconName> = new Set<IconName>(['arrowLeft', 'chevronLeft', 'chevronRight', 'logOut']);

/** An icon next to a word or in a labelled button; hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      class={directed.has(name) ? 'i directed' : 'i'}
      viewBox="0 0 24 24"
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: shapes[name] ?? '' }}
    />
  );
}

/** Porthole's logo in the accent colour. */
export function Mark() {
  return <svg class="mark-i" viewBox="0 0 32 32" aria-hidden="true" dangerouslySetInnerHTML={{ __html: markShape }} />;
}
