import { describe, expect, it } from 'vitest';
import { busPath } from '../../channel/devices.ts';
import { mayBeAt } from './places.ts';

const first = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0';
const behindHub = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4/1-4.2/1-4.2:1.0';
const board = '/sys/devices/platform/soc/fe801000.csi';

describe('a node that has not been opened', () => {
  it('may be at the place of its USB port, and at no other', () => {
    expect(mayBeAt(first, busPath('usb-0000:00:14.0-1'))).toBe(true);
    expect(mayBeAt(behindHub, busPath('usb-0000:00:14.0-4.2'))).toBe(true);
    expect(mayBeAt(behindHub, busPath('usb-0000:00:14.0-4'))).toBe(false);
    expect(mayBeAt(first, busPath('usb-0000:00:14.0-4.2'))).toBe(false);
    expect(mayBeAt(first, busPath('usb-0000:00:15.0-1'))).toBe(false);
    expect(mayBeAt(first, busPath('platform:fe801000.csi'))).toBe(false);
  });

  it('may be the second camera of its USB port', () => {
    expect(mayBeAt(first, busPath('usb-0000:00:14.0-1', 1))).toBe(true);
    expect(mayBeAt(first, `${busPath('usb-0000:00:14.0-1')}-x`)).toBe(false);
  });

  it('may be at a place whose name the kernel truncated', () => {
    const device = '/sys/devices/platform/soc/very-long-name.xhci/xhci-hcd.12.auto-and-more/usb3/3-1/3-1:1.0';
    expect(mayBeAt(device, busPath('usb-xhci-hcd.12.auto-and-more-1'.slice(0, 31)))).toBe(true);
  });

  it('may be at any place except those of USB, if it is not a USB device', () => {
    expect(mayBeAt(board, busPath('platform:fe801000.csi'))).toBe(true);
    expect(mayBeAt(board, busPath('platform:vivid-000'))).toBe(true);
    expect(mayBeAt(board, busPath('usb-0000:00:14.0-1'))).toBe(false);
  });

  it('may be anywhere if sysfs does not say', () => {
    expect(mayBeAt(null, busPath('usb-0000:00:14.0-1'))).toBe(true);
  });
});
