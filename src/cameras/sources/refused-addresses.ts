import { BlockList, isIP } from 'node:net';
import { embeddedIpv4 } from '../../formats/ip/embedded-ipv4.ts';

/**
 * Addresses that cameras do not have, but that a hostile or mistaken URL may name: this machine, link-local, multicast, and
 * clouds' metadata services, which give credentials to every client on this machine.
 */
const refused = [
  ['0.0.0.0', 8], // "this network" (RFC 791)
  ['127.0.0.0', 8], // loopback
  ['169.254.0.0', 16], // link-local (RFC 3927): metadata of AWS, Azure, Google, Oracle, DigitalOcean and others
  ['192.0.0.0', 24], // protocol assignments (RFC 6890): 192.0.0.192 is metadata of Oracle Cloud Classic
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
  ['100.100.100.200', 32], // metadata of Alibaba Cloud
  ['168.63.129.16', 32], // the platform of Azure (WireServer)
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10], // link-local
  ['ff00::', 8], // multicast
  ['fd00:ec2::', 32], // metadata, DNS and container credentials of AWS
  ['fd20:ce::', 32], // metadata of Google Cloud
  ['fd00:c1::a9fe:a9fe', 128], // metadata of Oracle Cloud
  ['fd00:42::42', 128], // metadata of Scaleway
] as const;

const list = new BlockList();
for (const [network, prefix] of refused) list.addSubnet(network, prefix, familyOf(network));

/** True if no camera has this IP address, or an IPv4 address that it stands for. */
export function isRefusedAddress(address: string): boolean {
  return isListed(list, address) || embeddedIpv4(address).some((each) => isListed(list, each));
}

/** True if a list has this IP address. Its zone does not count. */
export function isListed(addresses: BlockList, address: string): boolean {
  const [plain = ''] = address.split('%');
  return addresses.check(plain, familyOf(plain));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
