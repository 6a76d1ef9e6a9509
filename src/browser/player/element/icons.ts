import camera from 'lucide-static/icons/camera.svg?raw';
import maximize from 'lucide-static/icons/maximize.svg?raw';
import float from 'lucide-static/icons/picture-in-picture-2.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import square from 'lucide-static/icons/square.svg?raw';
import volume from 'lucide-static/icons/volume-2.svg?raw';
import volumeX from 'lucide-static/icons/volume-x.svg?raw';

// Lucide's icons (ISC licence).
const icons = { camera, float, maximize, play, square, volume, volumeX };

/** Name of an icon on the player's buttons. */
export type IconName = keyof typeof icons;

/** Creates an icon, hidden from screen readers. */
export function icon(name: IconName): SVGElement {
  const drawing = new DOMParser().parseFromString(icons[name], 'image/svg+xml').documentElement;
  drawing.setAttribute('aria-hidden', 'true');
  return document.adoptNode(drawing) as unknown as SVGElement;
}
