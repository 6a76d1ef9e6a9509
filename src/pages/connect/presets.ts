import type { Size } from '../../domain/size.ts';
import { aspectRatio, type CameraAddresses, frameSize } from './addresses.ts';

/** A text to paste somewhere. */
export interface PresetField {
  readonly label: string;
  readonly value: string;
}

/** An option to connect a program. */
export interface PresetWay {
  /** Missing if the program has one option. */
  readonly title?: string;
  /** Where the fields go. */
  readonly steps: string;
  /** An address that opens the right form of the program. */
  readonly link?: { readonly href: string; readonly text: string };
  readonly fields: readonly PresetField[];
  /** Said below the fields. */
  readonly note?: string;
  /** True if the program's page reads the video in a script, which needs its address in Settings. */
  readonly needsSite?: boolean;
}

/** A program and how to connect it. The program's name is also that of its token. */
export interface Preset {
  readonly id: string;
  readonly program: string;
  readonly ways: readonly PresetWay[];
}

/** Options of {@link presets}. */
export interface PresetInput {
  readonly addresses: CameraAddresses;
  /** The camera's id. */
  readonly id: string;
  readonly width: number | 'source';
  readonly fps: number | null;
  readonly size: Size | null;
}

/** The instructions for each program. docs/other-programs.md says more; tests compare both. */
export function presets(input: PresetInput): readonly Preset[] {
  return [homeAssistant(input), octoPrint(input), mainsail(input), frigate(input), obs(input), vlc(input)];
}

function homeAssistant({ addresses, size }: PresetInput): Preset {
  const add = (domain: string) => `https://my.home-assistant.io/redirect/config_flow_start/?domain=${domain}`;
  const text = 'Open in Home Assistant';
  return {
    id: 'home-assistant',
    program: 'Home Assistant',
    ways: [
      {
        title: 'As a camera',
        steps:
          'Settings → Devices & services → Add integration → Generic Camera. Paste the two addresses and leave the rest as it is. Home Assistant shows the video a few seconds behind.',
        link: { href: add('generic'), text },
        fields: [
          { label: 'Still image URL', value: addresses.snapshot },
          { label: 'Stream source URL', value: addresses.mp4 },
        ],
      },
      {
        title: 'As a camera, with MJPEG',
        steps: 'Settings → Devices & services → Add integration → MJPEG IP Camera.',
        link: { href: add('mjpeg'), text },
        fields: [
          { label: 'MJPEG URL', value: addresses.mjpeg },
          { label: 'Still image URL', value: addresses.snapshot },
        ],
      },
      {
        title: 'As a card with WebRTC, without delay',
        steps: 'Install the integration WebRTC Camera from HACS. Then add a manual card to a dashboard.',
        fields: [{ label: 'Card', value: lines("type: 'custom:webrtc-camera'", `url: '${go2rtcWhep(addresses)}'`) }],
      },
      {
        title: "As a card with Porthole's player",
        steps: 'Add a Webpage card to a dashboard.',
        fields: [{ label: 'Webpage card', value: webpageCard(addresses, size) }],
        needsSite: true,
      },
    ],
  };
}

function octoPrint({ addresses }: PresetInput): Preset {
  return {
    id: 'octoprint',
    program: 'OctoPrint',
    ways: [
      {
        title: 'MJPEG',
        steps: 'Settings → Webcam & Timelapse (Classic Webcam).',
        fields: [
          { label: 'Stream URL', value: addresses.mjpeg },
          { label: 'Snapshot URL', value: addresses.snapshot },
        ],
      },
      {
        title: 'WebRTC: a tenth of the data, and the least delay',
        steps: 'In the same place, use this stream URL. The snapshot URL stays the same.',
        fields: [{ label: 'Stream URL', value: addresses.octoprintWebRtc }],
        needsSite: true,
      },
    ],
  };
}

function mainsail({ addresses, id, fps, size }: PresetInput): Preset {
  const section = (service: string, stream: string) =>
    lines(
      `[webcam ${nameOf(id)}]`,
      'location: printer',
      'enabled: True',
      `service: ${service}`,
      `target_fps: ${fps ?? 15}`,
      `target_fps_idle: ${Math.min(fps ?? 5, 5)}`,
      `stream_url: ${stream}`,
      `snapshot_url: ${addresses.snapshot}`,
      `aspect_ratio: ${aspectRatio(size)}`,
    );
  return {
    id: 'mainsail',
    program: 'Mainsail, Fluidd',
    ways: [
      {
        title: 'In the page',
        steps: 'Settings → Webcams (Fluidd: Cameras) → Add. Type: Adaptive MJPEG-Streamer (Fluidd: MJPEG Adaptive).',
        fields: [
          { label: 'URL stream', value: addresses.mjpeg },
          { label: 'URL snapshot', value: addresses.snapshot },
        ],
        needsSite: true,
      },
      {
        title: 'In moonraker.conf, for both',
        steps: 'Add this section to moonraker.conf and restart Moonraker.',
        fields: [{ label: 'moonraker.conf', value: section('mjpegstreamer-adaptive', addresses.mjpeg) }],
        needsSite: true,
      },
    ],
  };
}

function frigate({ addresses, id }: PresetInput): Preset {
  const name = nameOf(id);
  const camera = (...input: readonly string[]) => [
    'cameras:',
    `  ${name}:`,
    '    ffmpeg:',
    '      inputs:',
    ...input.map((line) => `        ${line}`),
  ];
  return {
    id: 'frigate',
    program: 'Frigate',
    ways: [
      {
        title: 'Through go2rtc, which is part of Frigate',
        steps: 'Add this to the configuration. Porthole sends one stream, however many people watch in Frigate.',
        fields: [
          {
            label: 'config.yml',
            value: lines(
              'go2rtc:',
              '  streams:',
              `    ${name}: ffmpeg:${addresses.mp4}#video=copy`,
              ...camera(
                `- path: rtsp://127.0.0.1:8554/${name}`,
                '  input_args: preset-rtsp-restream',
                '  roles: [detect, record]',
              ),
            ),
          },
        ],
      },
      {
        title: 'Directly',
        steps: 'Add this to the configuration.',
        fields: [
          {
            label: 'config.yml',
            value: lines(
              ...camera(
                `- path: ${addresses.mp4}`,
                '  input_args: -avoid_negative_ts make_zero -fflags +genpts+discardcorrupt -use_wallclock_as_timestamps 1',
                '  roles: [detect, record]',
              ),
            ),
          },
        ],
      },
    ],
  };
}

function obs({ addresses, width, size }: PresetInput): Preset {
  const frame = frameSize(width, size);
  return {
    id: 'obs',
    program: 'OBS Studio',
    ways: [
      {
        title: 'Browser source, the least delay',
        steps: `Sources → + → Browser. Width ${frame.width}, height ${frame.height}.`,
        fields: [{ label: 'URL', value: addresses.embed }],
      },
      {
        title: 'Media source',
        steps: 'Sources → + → Media Source. Uncheck Local File.',
        fields: [{ label: 'Input', value: addresses.mp4 }],
      },
    ],
  };
}

function vlc({ addresses }: PresetInput): Preset {
  return {
    id: 'vlc',
    program: 'VLC',
    ways: [
      {
        steps: 'Media → Open Network Stream, or a command in a terminal.',
        fields: [
          { label: 'Network URL', value: addresses.mp4 },
          { label: 'Command', value: `vlc "${addresses.mp4}"` },
        ],
      },
    ],
  };
}

/** go2rtc's form of a WHEP address. */
function go2rtcWhep({ whep }: CameraAddresses): string {
  return `webrtc:${whep}`;
}

function webpageCard({ embed }: CameraAddresses, size: Size | null): string {
  return lines('type: iframe', `url: '${embed}'`, `aspect_ratio: '${aspectRatio(size)}'`);
}

/** A camera's id as Frigate and Moonraker allow it in names. */
function nameOf(id: string): string {
  return id.replaceAll('-', '_');
}

function lines(...all: readonly string[]): string {
  return all.join('\n');
}
