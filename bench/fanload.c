/* fanload: opens N multipart-MJPEG connections and measures the frames that each of them receives.
 *
 *   fanload [-H 'Header: v']... [-w camera [-c codec]] host port path viewers seconds [warmup_s] [slow_k]
 *
 * One epoll thread; part bodies are discarded in the kernel (recv MSG_TRUNC) but for the first bytes, where
 * fakecam's COM mark ("TSMK", u64 ns CLOCK_MONOTONIC, u32 seq) gives each frame's capture time. With slow_k,
 * every slow_k-th viewer reads only about 1 frame per second (a stalled phone) and does not count in the results; each begins
 * at a different moment of a second.
 * With -w the viewers are WebSocket clients of Porthole's own protocol (docs/api.md): each asks for the camera's source
 * rendition and counts binary messages as frames. With -c h264 it asks for H.264: fragments of MP4, whose messages hold
 * the capture time by the wall clock, which is that of the same machine.
 * With a warmup of -1, frames count from each SIGUSR1 to the next SIGUSR2; it ends at SIGTERM or after `seconds`.
 * Prints one line of JSON: viewers that received a first frame, frames/s per viewer (min, p5, median), latency in ms
 * (p50, p95, p99, max), MB/s, connect-to-first-frame ms (p50, max), own CPU seconds.
 *
 * Parts are delimited by Content-Length, or by their boundary if a server sends no length.
 * build: cc -O2 -o fanload fanload.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#define HB 16384
struct v { int fd, state, hl, slow, dead, binary; char h[HB]; long skip, len; int head; uint64_t frames, t_conn, t_first, next_slow; uint32_t lastseq, gaps, rested; double phase; };
static uint64_t ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static volatile sig_atomic_t told_begin, told_pause, told_end; static void on_signal(int s) { if (s == SIGUSR1) told_begin = 1; else if (s == SIGUSR2) told_pause = 1; else told_end = 1; }
static const char *ws, *codec = "jpeg"; static double *lat; static size_t nlat, clat; static uint64_t bytes, t_begin, t_end; static int chunked;
static void addlat(double ms) { if (nlat < (1u << 24)) { if (nlat == clat) lat = realloc(lat, (clat = clat ? clat * 2 : 65536) * sizeof *lat); lat[nlat++] = ms; } }
static int cmp(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
static double pct(double *a, size_t n, double p) { return n ? a[(size_t)((n - 1) * p)] : 0; }
static void frame(struct v *c, const char *b, long n) {
	int kind = ws && n >= 32 ? b[1] : 0; if (kind == 3) return; /* not a frame */
	uint64_t t = ns(); if (!c->t_first) c->t_first = t;
	if (t < t_begin || t > t_end) return;
	c->frames++;
	if (kind == 2) { struct timespec w; double at; uint32_t sq; clock_gettime(CLOCK_REALTIME, &w); memcpy(&at, b + 16, 8); memcpy(&sq, b + 8, 4); addlat(w.tv_sec * 1e3 + w.tv_nsec / 1e6 - at); if (c->lastseq && sq > c->lastseq + 1) c->gaps += sq - c->lastseq - 1; c->lastseq = sq; return; }
	for (long i = 0; i + 16 <= n && i < 64; i++) if (!memcmp(b + i, "TSMK", 4)) { uint64_t ts; uint32_t sq; memcpy(&ts, b + i + 4, 8); memcpy(&sq, b + i + 12, 4); if (!c->slow) addlat((t - ts) / 1e6); if (c->lastseq && sq > c->lastseq + 1) c->gaps += sq - c->lastseq - 1; c->lastseq = sq; break; }
}
/* A slow viewer's pause: a second. The first is shorter by a different share for each, so that they do not wake together. */
static void rest(struct v *c) { c->next_slow = ns() + (uint64_t)(1e9 * (c->rested++ ? 1 : c->phase)); }
/* state 0: response head, 1: part head, 4: part body's first bytes, 2: the rest of it, skipped; a frame counts when its last byte is in */
/* Asks for the source rendition: one masked text message (the mask may be 0). */
static void watch(struct v *c) {
	char m[256]; int l = snprintf(m + 8, sizeof m - 8, "{\"type\":\"watch\",\"view\":1,\"camera\":\"%s\",\"width\":\"source\",\"codec\":\"%s\"}", ws, codec);
	char *b = m + 2; m[2] = (char)0x81; m[3] = (char)(0x80 | l); memset(m + 4, 0, 4); if (l > 125 || write(c->fd, b, l + 6) != l + 6) c->dead = 1;
}
/* Answers a ping: the server closes connections that do not. */
static void pong(struct v *c, const char *payload, long len) {
	char m[6 + 64] = {(char)0x8a, (char)(0x80 | len)}; memcpy(m + 6, payload, len);
	if (write(c->fd, m, 6 + len) != 6 + len) c->dead = 1;
}
/* state 3, WebSocket (RFC 6455): a message's head and its first 64 bytes, then the rest is skipped as above.
 * Returns 2 to go on, 0 to wait, -1 on an error. */
static int on_message(struct v *c) {
	int need = 2; if (c->hl >= 2) { int l = c->h[1] & 127; need = l < 126 ? 2 : l == 126 ? 4 : 10; }
	long len = -1; if (c->hl >= need) { unsigned char *h = (unsigned char *)c->h; int l = h[1] & 127; if (l < 126) len = l; else { len = 0; for (int i = 2; i < need; i++) len = len << 8 | h[i]; } }
	long want = len < 0 ? need : need + (len < 64 ? len : 64);
	if (c->hl < want) {
		ssize_t n = recv(c->fd, c->h + c->hl, want - c->hl, MSG_DONTWAIT);
		if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		c->hl += n; bytes += n; return 2;
	}
	if (len < 0) return 2;
	int op = c->h[0] & 15; if (op == 8) return -1;
	/* bytes that arrived with the response's head may hold more than this message */
	if (op == 9) pong(c, c->h + need, len < 64 ? len : 64);
	long have = c->hl - need, kept = len < 64 ? len : 64; c->binary = op == 2; memcpy(c->h + HB - 64, c->h + need, kept);
	if (have >= len) { if (c->binary) frame(c, c->h + HB - 64, kept); memmove(c->h, c->h + need + len, have - len); c->hl = have - len; return 2; }
	c->skip = len - have; c->hl = 0; c->state = 2; return 2;
}
/* state 4, a part whose head is in: waits for the body's first 40 bytes, where the mark is, and keeps them at the buffer's end.
 * Returns 2 to go on, 0 to wait, -1 on an error. */
static int on_body(struct v *c) {
	long have = c->hl - c->head, want = c->len < 40 ? c->len : 40;
	if (have < want) {
		ssize_t n = recv(c->fd, c->h + c->hl, want - have, MSG_DONTWAIT);
		if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		c->hl += n; bytes += n; return 2;
	}
	memcpy(c->h + HB - 64, c->h + c->head, have < 64 ? have : 64);
	if (have >= c->len) { frame(c, c->h + HB - 64, 64); memmove(c->h, c->h + c->head + c->len, have - c->len); c->hl = have - c->len; c->state = 5; return 2; }
	c->skip = c->len - have; c->hl = 0; c->state = 2; return 2;
}
static int on_read(struct v *c) {
	for (;;) {
		if (c->state == 4) { int r = on_body(c); if (r != 2) return r; if (c->state == 5) { c->state = 1; goto again; } continue; }
		if (c->state == 3) { int r = on_message(c); if (r != 2) return r; continue; }
		if (c->state == 2 && c->skip > 0) {
			ssize_t n = recv(c->fd, NULL, c->skip > 1 << 20 ? 1 << 20 : c->skip, MSG_TRUNC | MSG_DONTWAIT);
			if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
			bytes += n; c->skip -= n; if (c->skip == 0) { if (c->binary) frame(c, c->h + HB - 64, 64); c->state = ws ? 3 : 1; c->hl = 0; if (c->slow) { rest(c); return 1; } }
			continue;
		}
		int room = c->state == 0 ? HB - 128 - c->hl : (c->hl < 256 ? 256 - c->hl : 64); if (c->hl + room > HB - 128) return -1;
		ssize_t n = recv(c->fd, c->h + c->hl, room, MSG_DONTWAIT); if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		c->hl += n; bytes += n;
	again:;
		char *e = memmem(c->h, c->hl, "\r\n\r\n", 4); if (!e) continue;
		int head = e + 4 - c->h;
		if (c->state == 0) { c->h[c->hl] = 0; if (strncmp(c->h + 9, ws ? "101" : "200", 3)) { fprintf(stderr, "bad reply: %.60s\n", c->h); return -1; } if (strcasestr(c->h, "chunked")) chunked = 1; memmove(c->h, c->h + head, c->hl - head); c->hl -= head; c->state = ws ? 3 : 1; if (ws) { watch(c); continue; } goto again; }
		char sv = c->h[head - 1]; c->h[head - 1] = 0; char *cl = strcasestr(c->h, "content-length:"); c->h[head - 1] = sv;
		if (!cl) { memmove(c->h, c->h + head, c->hl - head); c->hl -= head; goto again; }
		c->head = head; c->len = atol(cl + 15); c->state = 4;
	}
}
int main(int ac, char **av) {
	char hdr[8192] = ""; int a = 1;
	for (; a + 1 < ac && (!strcmp(av[a], "-H") || !strcmp(av[a], "-w") || !strcmp(av[a], "-c")); a += 2) { if (av[a][1] == 'w') ws = av[a + 1]; else if (av[a][1] == 'c') codec = av[a + 1]; else { strcat(hdr, av[a + 1]); strcat(hdr, "\r\n"); } }
	if (ws) strcat(hdr, "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n");
	if (ac - a < 5) { fprintf(stderr, "fanload [-H h] host port path viewers seconds [warmup] [slow_k]\n"); return 2; }
	char *host = av[a], *path = av[a + 2]; int port = atoi(av[a + 1]), n = atoi(av[a + 3]); double secs = atof(av[a + 4]), warm = ac - a > 5 ? atof(av[a + 5]) : 2; int slowk = ac - a > 6 ? atoi(av[a + 6]) : 0;
	struct rlimit rl = {65536, 65536}; setrlimit(RLIMIT_NOFILE, &rl);
	struct v *vs = calloc(n, sizeof *vs); int ep = epoll_create1(0); uint64_t t0 = ns(); t_begin = t0 + (warm < 0 ? 0 : warm * 1e9); t_end = t_begin + secs * 1e9;
	if (warm < 0) { t_begin = t_end; signal(SIGUSR1, on_signal); signal(SIGUSR2, on_signal); signal(SIGTERM, on_signal); }
	uint64_t counted = 0;
	for (int i = 0; i < n; i++) {
		struct v *c = vs + i; c->binary = 1; c->slow = slowk && i % slowk == slowk - 1; c->phase = (i + 1.0) / n; c->fd = socket(AF_INET, SOCK_STREAM, 0); int rb = c->slow ? 16384 : 0; if (rb) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &rb, sizeof rb);
		struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)}; inet_pton(AF_INET, host, &s.sin_addr); c->t_conn = ns();
		if (connect(c->fd, (void *)&s, sizeof s)) { static int said; if (!said++) perror("connect"); c->dead = 1; continue; }
		char rq[9000]; int l = snprintf(rq, sizeof rq, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: fanload\r\n%s\r\n", path, host, port, hdr); if (write(c->fd, rq, l) != l) c->dead = 1;
		fcntl(c->fd, F_SETFL, O_NONBLOCK); struct epoll_event ev = {.events = EPOLLIN, .data.ptr = c}; epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &ev);
	}
	struct epoll_event evs[512]; uint64_t b0 = 0; int started = 0; struct rusage r0, r1; getrusage(RUSAGE_SELF, &r0);
	while (ns() < t_end) {
		if (told_begin) { told_begin = 0; t_begin = ns(); }
		if (told_pause) { told_pause = 0; counted += ns() - t_begin; t_begin = t_end; }
		if (told_end) break;
		int k = epoll_wait(ep, evs, 512, 20); uint64_t t = ns(); if (!started && t >= t_begin) { started = 1; b0 = bytes; getrusage(RUSAGE_SELF, &r0); }
		for (int i = 0; i < k; i++) { struct v *c = evs[i].data.ptr; int r = on_read(c); if (r < 0) { c->dead = 1; epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL); close(c->fd); } else if (r == 1) { struct epoll_event ev = {.events = 0, .data.ptr = c}; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &ev); } }
		if (slowk) for (int i = 0; i < n; i++) if (vs[i].slow && !vs[i].dead && vs[i].next_slow && t > vs[i].next_slow) { vs[i].next_slow = 0; struct epoll_event ev = {.events = EPOLLIN, .data.ptr = vs + i}; epoll_ctl(ep, EPOLL_CTL_MOD, vs[i].fd, &ev); }
	}
	getrusage(RUSAGE_SELF, &r1); uint64_t b1 = bytes; if (warm < 0) secs = counted / 1e9; double *f = malloc(n * sizeof *f), *ff = malloc(n * sizeof *ff); int m = 0, q = 0, dead = 0; uint64_t gaps = 0;
	for (int i = 0; i < n; i++) { if (vs[i].dead) dead++; if (vs[i].t_first) ff[q++] = (vs[i].t_first - vs[i].t_conn) / 1e6; if (vs[i].slow) continue; f[m++] = vs[i].frames / secs; gaps += vs[i].gaps; }
	qsort(f, m, sizeof *f, cmp); qsort(ff, q, sizeof *ff, cmp); qsort(lat, nlat, sizeof *lat, cmp);
	printf("{\"viewers\":%d,\"served\":%d,\"dead\":%d,\"fps_min\":%.2f,\"fps_p5\":%.2f,\"fps_med\":%.2f,\"gaps\":%llu,\"lat_p50\":%.2f,\"lat_p95\":%.2f,\"lat_p99\":%.2f,\"lat_max\":%.2f,\"MBps\":%.1f,\"first_p50\":%.1f,\"first_max\":%.1f,\"chunked\":%d,\"client_cpu\":%.2f}\n", n, q, dead, pct(f, m, 0), pct(f, m, .05), pct(f, m, .5), (unsigned long long)gaps, pct(lat, nlat, .5), pct(lat, nlat, .95), pct(lat, nlat, .99), pct(lat, nlat, 1), (b1 - b0) / secs / 1e6, pct(ff, q, .5), pct(ff, q, 1), chunked,
		(r1.ru_utime.tv_sec - r0.ru_utime.tv_sec) + (r1.ru_stime.tv_sec - r0.ru_stime.tv_sec) + (r1.ru_utime.tv_usec - r0.ru_utime.tv_usec + r1.ru_stime.tv_usec - r0.ru_stime.tv_usec) / 1e6);
	return dead ? 1 : 0;
}
