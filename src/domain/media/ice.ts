/** A server that helps WebRTC peers to connect. */
export interface IceServer {
  /** STUN reports a peer's public address, TURN relays all traffic. */
  readonly kind: 'stun' | 'turn';
  readonly host: string;
  readonly port: number;
  /** For TURN only. */
  readonly username?: string;
  /** For TURN only. */
  readonly password?: string;
}

/** How viewers reach this machine over WebRTC. */
export interface IceOptions {
  /** The address or host name to listen on; `0.0.0.0` or `::` for every network. */
  readonly host: string;
  /** UDP: one port for all viewers, or a range with one port per viewer; `auto` uses a free port. */
  readonly port: { readonly begin: number; readonly end: number } | 'auto';
  /** TCP: a port; `auto` uses the number of the UDP port, or another free one. */
  readonly tcpPort: number | 'auto' | 'off';
  /** Additional addresses and host names of this machine, as other networks see it. */
  readonly addresses: readonly string[];
  readonly servers: readonly IceServer[];
}
