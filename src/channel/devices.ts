/**
 * The name of a device by its place on a bus, where udev has made no links: `/dev/v4l/by-bus/platform:vivid-000`. No such
 * file exists; whoever opens it looks for the node that says it is there.
 *
 * @param bus what the driver says (V4L2's bus_info)
 * @param earlier how many capture nodes before this one say the same
 */
export function busPath(bus: string, earlier = 0): string {
  const place = bus.replace(/[^A-Za-z0-9._:@+,-]/g, '_');
  return `/dev/v4l/by-bus/${place}${earlier === 0 ? '' : `-${earlier + 1}`}`;
}
