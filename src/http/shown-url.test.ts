import { describe, expect, it } from 'vitest';
import { shownPath, shownUrl } from './shown-url.ts';

describe('shownUrl', () => {
  it.each([
    ['/cameras/front/stream.mjpeg?width=640&fps=5', '/cameras/front/stream.mjpeg?width=640&fps=5'],
    ['/snapshot?token=hunter2&width=640', '/snapshot?token=•••&width=640'],
    ['/snapshot?%74oken=hunter2', '/snapshot?token=•••'],
    ['/snapshot?%2574%256fken=hunter2', '/snapshot?token=•••'],
    ['/snapshot?t+oken=hunter2', '/snapshot?•••'],
    ['/snapshot?hunter2', '/snapshot?•••'],
    ['/snapshot?width=hunter2/x', '/snapshot?width=•••'],
    ['/snapshot?token=a&token=hunter2;x=hunter2#hunter2', '/snapshot?token=•••&token=•••;x=•••#•••'],
    ['/snapshot%3ftoken%3dhunter2', '/snapshot?token=•••'],
    ['/stream&token=hunter2', '/stream&token=•••'],
    ['/token=hunter2/x', '/token=•••/x'],
    ['/x?next=%2Fstream%3Ftoken%3Dhunter2', '/x?next=•••?token=•••'],
    ['/porthole_hunter2', '/•••'],
    [`/%${'25'.repeat(9)}3Fhunter2`, '/•••'],
    ['/%zz?token=hunter2', '/%zz?token=•••'],
    ['/caf%C3%A9', '/caf%C3%A9'],
  ])('%s is %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});

it('a path ends at the first parameter, in any encoding', () => {
  expect(shownPath('/stream%3Ftoken=hunter2')).toBe('/stream');
});
