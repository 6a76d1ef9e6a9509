/** A server that helps two sides to find a way to each other. */
export interface IceServer {
  /** STUN tells a side its address as others see it, TURN hands everything on. */
  readonly kind: 'stun' | 'turn';
  readonly host: string;
  readonly port: number;
  /** Of TURN. */
  readonly username?: string;
  readonly password?: string;
}

/** How viewers reach this machine for WebRTC. */
export interface IceOptions {
  /** The address or name to listen at; `0.0.0.0` or `::` for every network. */
  readonly host: string;
  /** UDP: one port for all viewers, or a range with one for each; `auto` takes one that is free. */
  readonly port: { readonly begin: number; readonly end: number } | 'auto';
  /** TCP: a port; `auto` takes the number of UDP's, or another one that is free. */
  readonly tcpPort: number | 'auto' | 'off';
  /** Addresses and names under which this machine is reached from elsewhere, beside its own. */
  readonly addresses: readonly string[];
  readonly servers: readonly IceServer[];
}
