import { m } from '#messages';
import type { Size } from '../../domain/media/size.ts';
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
  const all = [homeAssistant(input), octoPrint(input), mainsail(input), frigate(input), obs(input), vlc(input)];
  return [...all, ...synology(input)];
}

function homeAssistant({ addresses, size }: PresetInput): Preset {
  const add = (domain: string) => `https://my.home-assistant.io/redirect/config_flow_start/?domain=${domain}`;
  const text = m.connect_ha_open();
  return {
    id: 'home-assistant',
    program: 'Home Assistant',
    ways: [
      {
        title: m.connect_ha_camera(),
        steps: m.connect_ha_camera_steps(),
        link: { href: add('generic'), text },
        fields: [
          { label: m.connect_ha_still(), value: addresses.snapshot },
          { label: m.connect_ha_stream(), value: addresses.mp4 },
        ],
      },
      {
        title: m.connect_ha_mjpeg(),
        steps: m.connect_ha_mjpeg_steps(),
        link: { href: add('mjpeg'), text },
        fields: [
          { label: m.connect_ha_mjpeg_url(), value: addresses.mjpeg },
          { label: m.connect_ha_still(), value: addresses.snapshot },
        ],
      },
      {
        title: m.connect_ha_webrtc(),
        steps: m.connect_ha_webrtc_steps(),
        fields: [
          {
            label: m.connect_ha_card(),
            value: lines("type: 'custom:webrtc-camera'", `url: '${go2rtcWhep(addresses)}'`),
          },
        ],
      },
      {
        title: m.connect_ha_player(),
        steps: m.connect_ha_player_steps(),
        fields: [{ label: m.connect_ha_webpage(), value: webpageCard(addresses, size) }],
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
        title: m.connect_mjpeg(),
        steps: m.connect_octoprint_mjpeg_steps(),
        fields: [
          { label: m.connect_stream_url(), value: addresses.mjpeg },
          { label: m.connect_snapshot_url(), value: addresses.snapshot },
        ],
      },
      {
        title: m.connect_octoprint_webrtc(),
        steps: m.connect_octoprint_webrtc_steps(),
        fields: [{ label: m.connect_stream_url(), value: addresses.octoprintWebRtc }],
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
        title: m.connect_mainsail_page(),
        steps: m.connect_mainsail_page_steps(),
        fields: [
          { label: m.connect_url_stream(), value: addresses.mjpeg },
          { label: m.connect_url_snapshot(), value: addresses.snapshot },
        ],
        needsSite: true,
      },
      {
        title: m.connect_moonraker(),
        steps: m.connect_moonraker_steps(),
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
  const rtsp: PresetWay[] =
    addresses.rtsp === null
      ? []
      : [
          {
            title: m.connect_frigate_rtsp(),
            steps: m.connect_frigate_direct_steps(),
            fields: [
              {
                label: 'config.yml',
                value: lines(
                  ...camera(
                    `- path: ${addresses.rtsp}`,
                    '  input_args: preset-rtsp-restream',
                    '  roles: [detect, record]',
                  ),
                ),
              },
            ],
          },
        ];
  return {
    id: 'frigate',
    program: 'Frigate',
    ways: [
      ...rtsp,
      {
        title: m.connect_frigate_go2rtc(),
        steps: m.connect_frigate_go2rtc_steps(),
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
        title: m.connect_frigate_direct(),
        steps: m.connect_frigate_direct_steps(),
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
        title: m.connect_obs_browser(),
        steps: m.connect_obs_browser_steps({ width: frame.width, height: frame.height }),
        fields: [{ label: 'URL', value: addresses.embed }],
      },
      {
        title: m.connect_obs_media(),
        steps: m.connect_obs_media_steps(),
        fields: [{ label: m.connect_obs_input(), value: addresses.mp4 }],
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
        steps: m.connect_vlc_steps(),
        fields: [
          { label: m.connect_vlc_url(), value: addresses.mp4 },
          { label: m.connect_vlc_command(), value: `vlc "${addresses.mp4}"` },
        ],
      },
    ],
  };
}

/** Only over RTSP. */
function synology({ addresses }: PresetInput): readonly Preset[] {
  if (addresses.rtsp === null) return [];
  const fields = [{ label: m.connect_synology_path(), value: addresses.rtsp }];
  return [
    {
      id: 'synology',
      program: 'Synology',
      ways: [{ steps: m.connect_synology_steps(), fields }],
    },
  ];
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
