/** How a camera can be moved. */
export interface Ptz {
  /** True if it pans and tilts. */
  readonly turns: boolean;
  readonly zooms: boolean;
  readonly presets: readonly PtzPreset[];
}

/** A position that is stored in a camera. */
export interface PtzPreset {
  /** The camera's token for it. */
  readonly id: string;
  readonly name: string;
}

/** Speeds from -1 to 1: to the right, up, and closer. */
export interface PtzSpeed {
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
}

/** A command to a camera. */
export type PtzCommand =
  | { readonly kind: 'move'; readonly speed: PtzSpeed; /** Milliseconds until it stops. */ readonly duration: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'preset'; readonly id: string };

/** A camera that cannot be moved. */
export const immovable: Ptz = { turns: false, zooms: false, presets: [] };

/** True if it can be moved in any way. */
export function isMovable({ turns, zooms, presets }: Ptz): boolean {
  return turns || zooms || presets.length > 0;
}

/** How long a camera moves after one command, in milliseconds. To keep it moving, the command is repeated. */
export const longestMove = 1_000;
/** The shortest movement, in milliseconds. */
export const shortestMove = 100;
/** How long it moves by one step, in milliseconds. */
export const oneStep = 400;

const still: PtzSpeed = { pan: 0, tilt: 0, zoom: 0 };

/** The speeds of each direction. */
export const ptzDirections = {
  left: { ...still, pan: -0.5 },
  right: { ...still, pan: 0.5 },
  up: { ...still, tilt: 0.5 },
  down: { ...still, tilt: -0.5 },
  in: { ...still, zoom: 0.5 },
  out: { ...still, zoom: -0.5 },
} as const satisfies Readonly<Record<string, PtzSpeed>>;

/** One of {@link ptzDirections}. */
export type PtzDirection = keyof typeof ptzDirections;
