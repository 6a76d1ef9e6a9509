import { Gauge, Registry } from 'prom-client';
import type { Feature } from '../http/kernel.ts';
import { registerAccountApi } from './account-api.ts';
import { registerAccountForms } from './account-forms.ts';
import type { Accounts } from './accounts.ts';
import type { OpenStreams } from './open-streams.ts';
import { registerSignIn } from './sign-in.ts';
import { registerUserForms } from './user-forms.ts';

/** Accounts: set-up, sign-in, users, sessions and tokens, and the number of open streams. */
export function accountsFeature({ accounts, streams }: { accounts: Accounts; streams: OpenStreams }): Feature {
  return (app) => {
    registerSignIn(app, accounts);
    registerAccountForms(app, accounts);
    registerUserForms(app, accounts);
    registerAccountApi(app, accounts);
    app.kernel.metrics.add(() => streamMetrics(streams.size));
  };
}

function streamMetrics(open: number): Registry {
  const register = new Registry();
  const help = 'Streams and page sockets that are open now';
  new Gauge({ name: 'porthole_open_streams', help, registers: [register] }).set(open);
  return register;
}
