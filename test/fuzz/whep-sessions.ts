import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { browserOffer } from '../support/whep-offers.ts';
import { bindingRequest, connectivityCheck } from '../support/whep-stun.ts';
import { WhepViewer } from '../support/whep-viewer.ts';
import type { Random } from './random.ts';
import { type Attack, canary, type Person, type Step, type Target } from './target.ts';

/** The head of a DTLS 1.2 record with a ClientHello (RFC 6347, section 4.1). */
const dtls = Buffer.from('16feff0000000000000000005f0100005300000000000000530000', 'hex');
const receiverReport = Buffer.from('81c9000700000001123456780000000000000000000000000000000000000000', 'hex');
const lossReport = Buffer.from('81cd000300000001123456780001ffff', 'hex');
const rtp = Buffer.from('806000010000000112345678', 'hex');

/** Offers with mistakes, candidates with mistakes, and garbage to the ports of WebRTC. */
export function whepSessions(target: Target): Attack {
  return {
    name: 'WHEP',
    async step(step) {
      const { random } = step;
      const person = random.pick<Person>(['viewer', 'operator']);
      if (random.chance(0.1)) return throughConnection(target, step, person);
      const session = random.chance(0.8)
        ? await offer(target, step, person)
        : await cameraStreamer(target, step, person);
      if (session === null) return;
      await garbage(target, step, session.answer);
      for (const _ of random.many(3, () => null)) {
        const candidates = /a=candidate.*\r\n/g;
        const text = `a=ice-ufrag:Wx4k\r\n${(browserOffer.match(candidates) ?? []).join('')}a=end-of-candidates\r\n`;
        const body = random.mutateLines(text);
        step.note(`PATCH ${session.location} ${body}`);
        const headers = { ...target.headersOf(person), 'content-type': 'application/trickle-ice-sdpfrag' };
        await target.request(session.location, { method: 'PATCH', headers, body }, step);
      }
      await target.request(session.location, { method: 'DELETE', headers: target.headersOf(person) }, step);
    },
  };
}

interface Session {
  readonly location: string;
  readonly answer: string;
}

async function offer(target: Target, step: Step, person: Person): Promise<Session | null> {
  const { random } = step;
  const body = random.chance(0.2) ? browserOffer : random.mutateLines(browserOffer);
  const path = random.pick([
    '/whep',
    `/webrtc?camera=${canary}`,
    `/cameras/${canary}/whep`,
    `/cameras/${canary}/whep?width=160`,
  ]);
  step.note(`POST ${path} ${body}`);
  const headers = { ...target.headersOf(person), 'content-type': 'application/sdp' };
  const answer = await target.request(path, { method: 'POST', headers, body }, step);
  if (answer.status !== 201) return null;
  const location = new URL(answer.headers.get('location') ?? '', new URL(path, target.server.url)).pathname;
  return { location, answer: answer.text };
}

async function cameraStreamer(target: Target, step: Step, person: Person): Promise<Session | null> {
  const { random } = step;
  const send = async (message: object): Promise<{ status: number; text: string }> => {
    const body = JSON.stringify(random.chance(0.5) ? random.mutateJson(message as never) : message);
    step.note(`POST /webrtc ${body}`);
    const headers = { ...target.headersOf(person), 'content-type': 'application/json' };
    return target.request(`/webrtc?camera=${canary}`, { method: 'POST', headers, body }, step);
  };
  const made = await send({ type: 'request', res: '160' });
  if (made.status !== 200) return null;
  const { id = '', sdp = '' } = JSON.parse(made.text) as { id?: string; sdp?: string };
  const candidates = [{ candidate: 'candidate:1 1 udp 2113937151 192.0.2.7 50000 typ host', sdpMid: '0' }];
  await send({ type: 'remote_candidate', id, candidates });
  await send({ type: 'answer', id, sdp: random.mutateLines(browserOffer) });
  return { location: `/webrtc/${id}`, answer: sdp };
}

/** Sends garbage to the UDP and TCP ports of a session. */
async function garbage(target: Target, step: Step, answer: string): Promise<void> {
  const { random } = step;
  const of = (name: string): string => new RegExp(`a=${name}:(\\S+)`).exec(answer)?.[1] ?? 'none';
  const port = (protocol: string): number =>
    Number(new RegExp(`a=candidate:\\S+ 1 ${protocol} \\d+ \\S+ (\\d+)`).exec(answer)?.[1] ?? 0);
  const facts = { to: of('ice-ufrag'), from: 'Wx4k', password: of('ice-pwd') };
  const packets = Array.from({ length: 10 + random.below(30) }, () => packetOf(random, facts));
  step.note(Buffer.concat(packets));
  const udp = createSocket('udp4').on('error', () => undefined);
  // The first one is right, so that packets of this address reach the session.
  for (const packet of [connectivityCheck(facts), ...packets]) udp.send(packet, port('udp'), '127.0.0.1');
  const tcp = port('tcp');
  if (tcp > 0 && random.chance(0.3)) {
    const framed = packets.flatMap((packet) => [Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]);
    const hello = bindingRequest(facts.to);
    const bytes = Buffer.concat([Buffer.from([0, hello.length]), hello, ...framed]);
    await target.exchange(await target.connect(tcp), [random.chance(0.5) ? random.mutate(bytes) : bytes], 30);
  }
  await delay(30);
  udp.close();
}

function packetOf(random: Random, facts: Parameters<typeof connectivityCheck>[0]): Buffer {
  const packet = random.pick([
    () => connectivityCheck(facts),
    () => bindingRequest(facts.to),
    () => Buffer.concat([dtls, random.bytes(random.below(200))]),
    () => receiverReport,
    () => lossReport,
    () => Buffer.concat([rtp, random.bytes(random.below(100))]),
    () => random.bytes(random.below(1_400)),
  ])();
  return random.chance(0.8) ? random.mutate(packet) : packet;
}

/** Garbage on a connection that a real client has set up, from the address that the server knows. */
async function throughConnection(target: Target, step: Step, person: Person): Promise<void> {
  const { random } = step;
  const viewer = await WhepViewer.open(`${target.server.url}/cameras/${canary}/whep`, {
    headers: target.headersOf(person),
  }).catch(() => null);
  if (viewer === null) return;
  const deadline = performance.now() + 3_000;
  while (viewer.packets.length === 0 && performance.now() < deadline) await delay(50);
  const facts = { to: 'none', from: 'none', password: 'none' };
  const packets = Array.from({ length: 100 }, () => packetOf(random, facts));
  step.note(Buffer.concat(packets));
  for (const packet of packets) await viewer.sendRaw(packet).catch(() => undefined);
  await viewer.askForKeyframe().catch(() => undefined);
  if (random.chance(0.5)) await viewer.end().catch(() => undefined);
  await viewer.leave();
}
