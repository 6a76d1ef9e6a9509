/**
 * The name of a device by its place on a bus, where udev has made no links: `/dev/v4l/by-bus/platform:vivid-000`. No such
 * file exists; the capture process opens the node that is on that bus.
 *
 * @param bus the driver's bus_info (V4L2)
 * @param earlier how many capture nodes before this one have the same bus_info
 */
export function busPath(bus: string, earlier = 0): string {
  const place = bus.replace(/[^A-Za-z0-9._:@+,-]/g, '_');
  return `/dev/v4l/by-bus/${place}${earlier === 0 ? '' : `-${earlier + 1}`}`;
}
