import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendFrames } from './http-camera.ts';

/** The age of requests beyond which devices take them for repeated ones, in milliseconds. */
const oldestRequest = 60_000;

/** Options of {@link startOnvifDevice}. */
export interface OnvifDeviceOptions {
  readonly login: { readonly user: string; readonly password: string };
  /** Its profiles: the URI and width of each stream. */
  readonly streams: readonly { readonly uri: string; readonly width: number }[];
  /** True for a camera that can be moved: it has two presets. */
  readonly ptz?: boolean;
  /** The JPEGs of its MJPEG stream, which is at every path; none for a device without one. */
  readonly video?: readonly Buffer[];
  /** True for a device that tells its time only to those who have signed in, with the right time. */
  readonly hidesTime?: boolean;
  /** False for a device that does not answer searches; true by default. */
  readonly answersSearches?: boolean;
  /** What it answers to each request instead; undefined for the usual answer. */
  readonly answer?: (action: string) => string | Buffer | undefined;
  /** What it answers to a search instead. */
  readonly match?: (id: string) => string | Buffer;
}

/**
 * A simulated network camera with ONVIF on 127.0.0.1. It answers searches over UDP, and SOAP over HTTP with the login of
 * WS-Security. Like some real ones, it names another host for its services.
 */
export class OnvifDevice implements AsyncDisposable {
  /** The actions that were requested. */
  readonly actions: string[] = [];
  /** How it was moved: `move PAN TILT ZOOM` (`-` for what the request does not have), `stop` or `preset TOKEN`. */
  readonly moves: string[] = [];
  readonly #options: OnvifDeviceOptions;
  readonly #http = createServer();
  readonly #udp = createSocket({ type: 'udp4', reuseAddr: true });

  private constructor(options: OnvifDeviceOptions) {
    this.#options = options;
  }

  static async start(options: OnvifDeviceOptions): Promise<OnvifDevice> {
    const device = new OnvifDevice(options);
    device.#http.on('request', (request, response) => {
      if (request.method === 'GET' && options.video !== undefined) return sendFrames(response, options.video, 5);
      void request.toArray().then((chunks: Buffer[]) => {
        const body = Buffer.concat(chunks).toString();
        const [status, text] = device.#answer(body);
        response.writeHead(status, { 'content-type': 'application/soap+xml' }).end(text);
      });
    });
    await once(device.#http.listen(0, '127.0.0.1'), 'listening');
    if (options.answersSearches === false) return device;
    device.#udp.on('message', (bytes, { address, port }) => {
      const id = /MessageID>(?:urn:)?uuid:([\w-]+)</.exec(bytes.toString())?.[1] ?? '';
      device.#udp.send(options.match?.(id) ?? device.#match(id), port, address);
    });
    device.#udp.bind(3702, '239.255.255.250');
    await once(device.#udp, 'listening');
    device.#udp.addMembership('239.255.255.250', '127.0.0.1');
    return device;
  }

  /** The port of its services. */
  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#udp.close();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #match(id: string): string {
    const { port } = this;
    return envelope(
      `<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>
       <d:Types>dn:NetworkVideoTransmitter</d:Types>
       <d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Garden%20%3Cgate%3E
         onvif://www.onvif.org/hardware/SIM-1</d:Scopes>
       <d:XAddrs>http://169.254.169.254/onvif/device_service http://127.0.0.1:${port}/onvif/device_service</d:XAddrs>
       </d:ProbeMatch></d:ProbeMatches>`,
      `<a:RelatesTo>uuid:${id}</a:RelatesTo>`,
    );
  }

  #answer(body: string): readonly [number, string | Buffer] {
    const action = /<(?:s:)?Body[^>]*>\s*<(\w+)/.exec(body)?.[1] ?? '';
    this.actions.push(action);
    const other = this.#options.answer?.(action);
    if (other !== undefined) return [200, other];
    const isOpen = action === 'GetSystemDateAndTime' && this.#options.hidesTime !== true;
    if (!isOpen && !this.#isSignedIn(body)) {
      const fault =
        '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>';
      return [400, envelope(fault)];
    }
    const service = (namespace: string, version = 'ver10') =>
      `<tds:Service><tds:Namespace>http://www.onvif.org/${version}/${namespace}/wsdl</tds:Namespace><tds:XAddr>http://169.254.169.254/onvif/${namespace}</tds:XAddr></tds:Service>`;
    switch (action) {
      case 'GetSystemDateAndTime':
        return [200, envelope(dateAndTime())];
      case 'GetServices':
        return [
          200,
          envelope(
            `<tds:GetServicesResponse>${service('device')}${service('media')}${this.#options.ptz === true ? service('ptz', 'ver20') : ''}</tds:GetServicesResponse>`,
          ),
        ];
      case 'GetVideoSources':
        return [
          200,
          envelope('<trt:GetVideoSourcesResponse><trt:VideoSources token="v"/></trt:GetVideoSourcesResponse>'),
        ];
      case 'GetProfiles': {
        const profiles = this.#options.streams.map(
          ({ width }, index) => `<trt:Profiles token="p${index}"><tt:Name>P${index}</tt:Name>
            <tt:VideoSourceConfiguration token="s"><tt:SourceToken>v</tt:SourceToken></tt:VideoSourceConfiguration>
            <tt:VideoEncoderConfiguration token="e${index}"><tt:Encoding>H264</tt:Encoding>
            <tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${(width * 9) / 16}</tt:Height></tt:Resolution>
            </tt:VideoEncoderConfiguration>${this.#options.ptz === true ? ptzConfiguration : ''}</trt:Profiles>`,
        );
        return [200, envelope(`<trt:GetProfilesResponse>${profiles.join('')}</trt:GetProfilesResponse>`)];
      }
      case 'GetStreamUri': {
        const index = Number(/ProfileToken>p(\d+)</.exec(body)?.[1]);
        const uri = this.#options.streams[index]?.uri.replaceAll('&', '&amp;') ?? '';
        return [
          200,
          envelope(
            `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`,
          ),
        ];
      }
      case 'GetNodes':
        return [200, envelope(`<tptz:GetNodesResponse>${ptzNode}</tptz:GetNodesResponse>`)];
      case 'GetPresets':
        return [200, envelope(`<tptz:GetPresetsResponse>${ptzPresets}</tptz:GetPresetsResponse>`)];
      case 'ContinuousMove': {
        const [, pan = '-', tilt = '-'] = /<PanTilt x="([^"]*)" y="([^"]*)"/.exec(body) ?? [];
        const [, zoom = '-'] = /<Zoom x="([^"]*)"/.exec(body) ?? [];
        this.moves.push(`move ${pan} ${tilt} ${zoom}`);
        return [200, envelope('<tptz:ContinuousMoveResponse/>')];
      }
      case 'Stop':
        this.moves.push('stop');
        return [200, envelope('<tptz:StopResponse/>')];
      case 'GotoPreset':
        this.moves.push(`preset ${/<PresetToken>([^<]*)</.exec(body)?.[1] ?? ''}`);
        return [200, envelope('<tptz:GotoPresetResponse/>')];
      default:
        return [500, envelope('<s:Fault><s:Reason><s:Text>Action not implemented</s:Text></s:Reason></s:Fault>')];
    }
  }

  /** Checks the UsernameToken (WSS Username Token Profile 1.1): Base64 (SHA-1 (nonce + created + password)). */
  #isSignedIn(body: string): boolean {
    const content = (name: string) => new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)<`).exec(body)?.[1] ?? '';
    const { user, password } = this.#options.login;
    const hash = createHash('sha1')
      .update(Buffer.from(content('Nonce'), 'base64'))
      .update(content('Created') + password);
    const age = Math.abs(Date.now() - Date.parse(content('Created')));
    return content('Username') === user && content('Password') === hash.digest('base64') && age < oldestRequest;
  }
}

const ptzConfiguration =
  '<tt:PTZConfiguration token="z"><tt:Name>Z</tt:Name><tt:NodeToken>n</tt:NodeToken></tt:PTZConfiguration>';
const space = (name: string) => `<tt:${name}><tt:URI>u</tt:URI></tt:${name}>`;
const ptzNode = `<tptz:PTZNode token="n"><tt:Name>N</tt:Name><tt:SupportedPTZSpaces>
  ${space('ContinuousPanTiltVelocitySpace')}${space('ContinuousZoomVelocitySpace')}</tt:SupportedPTZSpaces></tptz:PTZNode>`;
const ptzPresets = `<tptz:Preset token="1"><tt:Name>Door &lt;left&gt;</tt:Name></tptz:Preset>
  <tptz:Preset token="a&amp;b"/>`;

function dateAndTime(): string {
  const now = new Date();
  return `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>
    <tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute><tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time>
    <tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date>
    </tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`;
}

function envelope(body: string, header = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}
