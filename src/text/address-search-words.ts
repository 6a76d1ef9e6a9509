/** Why no address of a host has a picture, in a sentence each. */
export const searchWords = {
  nothing: (host: string, ports: readonly number[]): string =>
    ports.length === 1
      ? `Nothing answers at ${host}. Check that the camera is on, and that address and port are right.`
      : `Nothing answers at ${host} on the usual ports (${ports.join(', ')}). Check that the camera is on and that the address is right. If it uses another port, write ${host}:PORT.`,
  loginMissing: (host: string): string =>
    `The camera at ${host} requires a user and password. Enter those of the camera, then test again.`,
  loginWrong: (host: string): string =>
    `The camera at ${host} rejects this user and password. Correct them, then test again.`,
  noStream: (host: string, tried: number): string =>
    `Something answers at ${host}, but none of the ${tried} usual addresses that were tried has a video. Choose the maker, or enter the path from the camera's manual.`,
  trying: (address: string, number: number, of: number): string => `Trying address ${number} of ${of}: ${address}`,
} as const;
