import { describe, expect, it } from 'vitest';
import type { FoundDevice } from '../../channel/messages.ts';
import { nameDevices, type NodeLinks } from './list-devices.ts';

function device(number: number, name: string, bus: string | null): FoundDevice {
  return { node: `/dev/video${number}`, name, bus, modes: [] };
}

function paths(found: readonly FoundDevice[], links: Record<string, NodeLinks>): readonly string[] {
  return nameDevices(found, new Map(Object.entries(links))).map(({ path }) => path);
}

describe('the path of a device', () => {
  const [a, b] = [device(0, 'HD Webcam', 'usb-1'), device(2, 'HD Webcam', 'usb-2')];

  it('is its id', () => {
    expect(paths([a], { '/dev/video0': { id: '/dev/v4l/by-id/a', path: '/dev/v4l/by-path/a' } })).toEqual([
      '/dev/v4l/by-id/a',
    ]);
  });

  it('is its place for two that share an id, whichever of them has the link', () => {
    const [placeA, placeB] = [{ path: '/dev/v4l/by-path/a' }, { path: '/dev/v4l/by-path/b' }];
    const id = '/dev/v4l/by-id/both';
    const places = ['/dev/v4l/by-path/a', '/dev/v4l/by-path/b'];
    expect(paths([a, b], { '/dev/video0': { id, ...placeA }, '/dev/video2': placeB })).toEqual(places);
    expect(paths([a, b], { '/dev/video0': placeA, '/dev/video2': { id, ...placeB } })).toEqual(places);
  });

  it('is its id for two alike with serial numbers of their own', () => {
    expect(paths([a, b], { '/dev/video0': { id: '/by-id/1' }, '/dev/video2': { id: '/by-id/2' } })).toEqual([
      '/by-id/1',
      '/by-id/2',
    ]);
  });

  it('is its place on the bus without links, the same in another order and under other numbers', () => {
    const first = paths([device(0, 'vivid', 'platform:vivid-000'), device(1, 'vivid', 'platform:vivid-001')], {});
    expect(first).toEqual(['/dev/v4l/by-bus/platform:vivid-000', '/dev/v4l/by-bus/platform:vivid-001']);
    const again = paths([device(4, 'vivid', 'platform:vivid-001'), device(5, 'vivid', 'platform:vivid-000')], {});
    expect(again).toEqual([...first].reverse());
  });

  it('distinguishes devices with the same bus address, and uses the node of a device that may not be opened', () => {
    expect(paths([device(0, 'A', 'pci 1'), device(1, 'B', 'pci 1'), device(2, 'C', null)], {})).toEqual([
      '/dev/v4l/by-bus/pci_1',
      '/dev/v4l/by-bus/pci_1-2',
      '/dev/video2',
    ]);
  });
});
