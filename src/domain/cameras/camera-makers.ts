import { type Sentence, sentence } from '../../messages/sentence.ts';

/** A maker of network cameras, and where its cameras usually have their streams. */
export interface CameraMaker {
  readonly id: string;
  readonly name: string;
  /** Addresses in the order to try them, without login. `HOST` stands for the camera's host. */
  readonly addresses: readonly string[];
  /**
   * How the address of a main stream becomes that of the smaller stream: each pattern with its replacement. Only a stream
   * that shows a smaller picture is used.
   */
  readonly substreams?: readonly (readonly [RegExp, string])[];
  /** What has to be set up at the camera first, in a sentence. */
  readonly hint?: Sentence;
  /** The scheme and port of the path that the admin must enter, since each camera has its own. */
  readonly base?: string;
  /** Where the maker, or somebody who has the cameras, documents this. */
  readonly documented: string;
}

/**
 * Well-known addresses of cameras. Only those that sign in as RTSP and HTTP provide for it: a login in a query would be part
 * of the address.
 */
export const cameraMakers: readonly CameraMaker[] = [
  {
    id: 'hikvision',
    name: 'Hikvision',
    // Channel 1, main stream: the last two digits are 01 for the main stream and 02 for the smaller one.
    addresses: ['rtsp://HOST:554/Streaming/Channels/101', 'rtsp://HOST:554/h264/ch1/main/av_stream'],
    substreams: [
      [/(?<=\/Streaming\/Channels\/\d{1,2})01\b/i, '02'],
      [/(?<=\/h26[45]\/ch\d+\/)main(?=\/)/i, 'sub'],
    ],
    documented: 'https://www.zwplayer.com/articles/device/ip-camera-rtsp-url-guide.html',
  },
  {
    id: 'dahua',
    name: 'Dahua, Amcrest',
    addresses: [
      'rtsp://HOST:554/cam/realmonitor?channel=1&subtype=0',
      'http://HOST:80/cgi-bin/mjpg/video.cgi?channel=1&subtype=1',
    ],
    substreams: [[/(?<=\/cam\/realmonitor\?.*\bsubtype=)0\b/i, '1']],
    documented: 'https://smartcamalerts.com/blog/rtsp-camera-setup.html',
  },
  {
    id: 'reolink',
    name: 'Reolink',
    addresses: [
      'rtsp://HOST:554/h264Preview_01_main',
      'rtsp://HOST:554/h265Preview_01_main',
      'rtsp://HOST:554/Preview_01_main',
    ],
    // The smaller stream is H.264 in any case.
    substreams: [[/(?:h26[45])?(Preview_\d+)_main\b/i, 'h264$1_sub']],
    hint: sentence('settings_maker_hint_reolink'),
    documented: 'https://smartcamalerts.com/blog/rtsp-camera-setup.html',
  },
  {
    id: 'axis',
    name: 'Axis',
    addresses: [
      'rtsp://HOST:554/axis-media/media.amp',
      'http://HOST:80/axis-cgi/mjpg/video.cgi',
      'http://HOST:80/axis-cgi/jpg/image.cgi',
    ],
    substreams: [[/(?<=\/axis-media\/media\.amp)$/i, '?resolution=640x360']],
    documented: 'https://developer.axis.com/video-streaming-and-recording/video-streaming/reference/rtsp-endpoints/',
  },
  {
    id: 'tapo',
    name: 'TP-Link Tapo',
    addresses: ['rtsp://HOST:554/stream1', 'rtsp://HOST:554/stream2'],
    substreams: [[/(?<=:554\/stream)1$/i, '2']],
    hint: sentence('settings_maker_hint_tapo'),
    documented: 'https://actutana.com/video-streaming-what-is-rtsp-streaming/',
  },
  {
    id: 'foscam',
    name: 'Foscam',
    // HD models have RTSP on their web port; older ones send MJPEG.
    addresses: ['rtsp://HOST:88/videoMain', 'rtsp://HOST:554/videoMain', 'http://HOST:80/videostream.cgi'],
    substreams: [[/(?<=\/video)Main$/i, 'Sub']],
    documented: 'https://github.com/sightmachine/SimpleCV/wiki/List-of-IP-Camera-Stream-URLs',
  },
  {
    id: 'unifi',
    name: 'UniFi Protect',
    addresses: [],
    base: 'rtsp://HOST:7447/',
    hint: sentence('settings_maker_hint_unifi'),
    documented: 'https://github.com/hjdhjd/homebridge-unifi-protect/blob/main/docs/Autoconfiguration.md',
  },
  {
    id: 'esp32',
    name: 'ESP32-CAM',
    // CameraWebServer of Espressif, then Tasmota and ESPHome. `/capture` is a single image.
    addresses: [
      'http://HOST:81/stream',
      'http://HOST:81/cam.mjpeg',
      'http://HOST:8080/',
      'http://HOST:80/stream',
      'http://HOST:80/capture',
    ],
    documented:
      'https://github.com/espressif/arduino-esp32/tree/master/libraries/ESP32/examples/Camera/CameraWebServer',
  },
  {
    id: 'printer',
    name: 'OctoPrint, Mainsail, mjpg-streamer, ustreamer',
    addresses: ['http://HOST:80/webcam/?action=stream', 'http://HOST:8080/?action=stream', 'http://HOST:8080/stream'],
    documented: 'https://github.com/jacksonliam/mjpg-streamer',
  },
  {
    id: 'other',
    name: 'Another maker',
    addresses: [
      'rtsp://HOST:554/',
      'rtsp://HOST:554/live',
      'rtsp://HOST:554/live/ch00_0',
      'rtsp://HOST:554/11',
      'rtsp://HOST:554/onvif1',
      'rtsp://HOST:554/ch0_0.h264',
      'rtsp://HOST:554/profile1',
      'rtsp://HOST:8554/live',
      'rtsp://HOST:8554/',
      'http://HOST:80/video.mjpg',
      'http://HOST:80/mjpg/video.mjpg',
      'http://HOST:80/snapshot.jpg',
      'http://HOST:8080/video',
    ],
    substreams: [
      [/(?<=\/live\/ch\d+_)0$/i, '1'],
      [/(?<=:554\/1)1$/i, '2'],
      [/(?<=\/onvif)1$/i, '2'],
      [/(?<=\/ch\d+_)0(?=\.h264$)/i, '1'],
      [/(?<=\/profile)1$/i, '2'],
    ],
    documented: 'https://github.com/alienatedsec/yi-hack-v5/wiki/Integrating-with-Frigate',
  },
];

/** The maker with this id; undefined for others and for an empty id, which stands for an unknown maker. */
export function cameraMaker(id: string): CameraMaker | undefined {
  return cameraMakers.find((maker) => maker.id === id);
}
