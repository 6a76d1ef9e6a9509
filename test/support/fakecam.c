/* fakecam: an LD_PRELOAD library that fakes a UVC webcam with MJPEG over V4L2.
 *
 * Any program that opens FAKECAM_DEV (default /dev/video0) gets a timerfd that ticks at FAKECAM_FPS,
 * and V4L2 ioctls that serve the JPEGs of FAKECAM_FILE in a loop. Each JPEG gets a COM segment right
 * after SOI: "TSMK", u64 LE capture time (CLOCK_MONOTONIC, ns), u32 LE sequence. A reader on the same
 * machine can thus measure the latency of every frame that a server passes through unchanged.
 *
 * FAKECAM_UNPLUG_AFTER=N: after N frames every ioctl fails with ENODEV and poll reports readable, as
 * after unplugging USB; FAKECAM_REPLUG_S=S: open() fails with ENOENT for S seconds after that.
 * FAKECAM_STALL_AFTER=N: after N frames no more frames arrive (a hung camera).
 * FAKECAM_CORRUPT_EVERY=N: every N-th frame is truncated in the middle.
 * FAKECAM_ABSENT=PATH: while this file exists the camera is unplugged: open() fails with ENOENT and every ioctl with ENODEV.
 * Unlike the counters above, which are per process, this applies to all processes.
 * FAKECAM_FAIL=STEP:ERRNO: this step (open, s_fmt, streamon) fails with this errno, as for a camera that is busy, forbidden or
 * without bandwidth.
 * FAKECAM_CONTROLS=FILE: it has controls (see the table below), whose values are stored in this file and so outlive the
 * processes that open the camera, like those of a camera that stays plugged in; FAKECAM_CONTROLS=1: each process has its
 * own values. Without it the camera has no controls.
 *
 * Quirks of real cameras and drivers, each by FAKECAM_NAME=1 unless it says otherwise. Formats: FOURCC=JPEG (the name of the
 * pixel format), INTERLACED, NOSIZES (tells no sizes), STEPWISE (1 stepwise, 2 continuous sizes), NORATES (tells no rates),
 * TENTHS (tells rates in units of 100 ns), NOPARM (no VIDIOC_G_PARM), ZEROPARM (tells 0/0). Frames: NOEOI, PAD (the whole buffer
 * counts as used), BAD8 (seven of eight are truncated), EMPTY=N (every N-th is empty), ERR=N (every N-th is flagged as
 * damaged). Times: SEQ0 (no sequence numbers), REALTIME (wall clock), TSZERO (none), TSAHEAD (an hour in the future).
 *
 * build: cc -O2 -shared -fPIC -o fakecam.so fakecam.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAXBUF 32
#define MARK 20
#define MAXFD 1024
static unsigned char ctl_fd[MAXFD]; /* 1 for every handle of the camera */
static int cam_fd = -1, width = 1280, height = 720, fps = 30, streaming, nbuf;
static unsigned char *file; static size_t flen; static size_t *foff; static int nframes; static size_t maxframe = 1 << 16;
static struct { unsigned char *mem; int queued; } bufs[MAXBUF];
static int fifo[MAXBUF], fh, ft;
static uint64_t seq, start_ns, served; static long unplug_after = -1, stall_after = -1, corrupt_every; static double replug_s, unplugged_at;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;
/* The quirk of this name: the number in FAKECAM_NAME, 0 without it. */
#define QC(k) (getenv("FAKECAM_" k) ? atol(getenv("FAKECAM_" k)) : 0)
static unsigned qfourcc(void) { const char *f = getenv("FAKECAM_FOURCC"); return f ? v4l2_fourcc(f[0], f[1], f[2], f[3]) : V4L2_PIX_FMT_MJPEG; }
static const char *dev = "/dev/video0";

static uint64_t now_ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static long envl(const char *k, long d) { const char *v = getenv(k); return v && *v ? atol(v) : d; }

static void load(void) {
	if (file) return;
	const char *p = getenv("FAKECAM_FILE"); if (!p) { fprintf(stderr, "fakecam: FAKECAM_FILE?\n"); _exit(97); }
	FILE *f = fopen(p, "rb"); if (!f) { perror("fakecam"); _exit(97); }
	fseek(f, 0, SEEK_END); flen = ftell(f); rewind(f); file = malloc(flen); if (fread(file, 1, flen, f) != flen) _exit(97); fclose(f);
	size_t cap = 0, s = 0; int in = 0;
	for (size_t i = 0; i + 1 < flen; i++) {
		if (!in && file[i] == 0xff && file[i + 1] == 0xd8) { s = i; in = 1; i++; }
		else if (in && file[i] == 0xff && file[i + 1] == 0xd9) {
			if ((size_t)nframes + 2 > cap) foff = realloc(foff, (cap = cap ? cap * 2 : 256) * 2 * sizeof *foff);
			foff[2 * nframes] = s; foff[2 * nframes + 1] = i + 2 - s; nframes++; in = 0; i++;
			if (foff[2 * nframes - 1] + MARK > maxframe) maxframe = foff[2 * nframes - 1] + MARK;
		}
	}
	maxframe = (maxframe + 4095) & ~4095ul;
	width = envl("FAKECAM_W", 1280); height = envl("FAKECAM_H", 720); fps = envl("FAKECAM_FPS", 30);
	unplug_after = envl("FAKECAM_UNPLUG_AFTER", -1); stall_after = envl("FAKECAM_STALL_AFTER", -1); corrupt_every = envl("FAKECAM_CORRUPT_EVERY", 0); replug_s = envl("FAKECAM_REPLUG_S", 0);
}
static int absent(void) { const char *p = getenv("FAKECAM_ABSENT"); struct stat st; return p && !stat(p, &st); }
static int fails(const char *step) { const char *v = getenv("FAKECAM_FAIL"); size_t n = strlen(step); return v && !strncmp(v, step, n) && v[n] == ':' ? atoi(v + n + 1) : 0; }
static int is_dev(const char *p) { const char *d = getenv("FAKECAM_DEV"); if (d) dev = d; return p && getenv("FAKECAM_FILE") && !strcmp(p, dev); }
static int cam_open(int flags) {
	load();
	int e = absent() ? ENOENT : fails("open"); if (e) { errno = e; return -1; }
	if (unplugged_at && now_ns() / 1e9 - unplugged_at < replug_s) { errno = ENOENT; return -1; }
	if (unplugged_at) { unplugged_at = 0; unplug_after = -1; }
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | ((flags & O_NONBLOCK) ? TFD_NONBLOCK : 0));
	if (fd >= 0 && fd < MAXFD) ctl_fd[fd] = 1;
	cam_fd = fd; streaming = 0; nbuf = 0; fh = ft = 0; return fd;
}

/* Controls. Every handle of the camera can access them, not only the one that streams. */
enum { CTL_WB_AUTO = 2, CTL_WB = 3, CTL_EXPOSURE_AUTO = 5, CTL_EXPOSURE = 6, CTL_COUNT = 9 };
static const struct { unsigned id; int type; const char *name; int min, max, step, usual; } ctl_table[CTL_COUNT] = {
	{V4L2_CID_USER_CLASS, V4L2_CTRL_TYPE_CTRL_CLASS, "User Controls", 0, 0, 0, 0},
	{V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", -64, 64, 1, 0},
	{V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN, "White Balance, Automatic", 0, 1, 1, 1},
	{V4L2_CID_WHITE_BALANCE_TEMPERATURE, V4L2_CTRL_TYPE_INTEGER, "White Balance Temperature", 2800, 6500, 10, 4600},
	{V4L2_CID_CAMERA_CLASS, V4L2_CTRL_TYPE_CTRL_CLASS, "Camera Controls", 0, 0, 0, 0},
	{V4L2_CID_EXPOSURE_AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure", 0, 3, 1, 3},
	{V4L2_CID_EXPOSURE_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Exposure Time, Absolute", 3, 2047, 1, 250},
	{V4L2_CID_ZOOM_ABSOLUTE, V4L2_CTRL_TYPE_INTEGER, "Zoom, Absolute", 100, 500, 1, 100},
	{V4L2_CID_AUTO_FOCUS_START, V4L2_CTRL_TYPE_BUTTON, "Auto Focus, Start", 0, 0, 0, 0},
};
static int *ctl_values(void) {
	static int own[CTL_COUNT + 1], *values;
	const char *p = getenv("FAKECAM_CONTROLS");
	if (!p || !*p) return NULL;
	if (!values) {
		values = own;
		if (*p == '/') {
			int fd = syscall(SYS_openat, AT_FDCWD, p, O_RDWR | O_CREAT | O_CLOEXEC, 0600); struct stat st;
			if (fd < 0 || fstat(fd, &st) || (st.st_size < (off_t)sizeof own && ftruncate(fd, sizeof own))) { perror("fakecam: FAKECAM_CONTROLS"); _exit(97); }
			values = (int *)syscall(SYS_mmap, 0, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			syscall(SYS_close, fd);
		}
		if (!values[CTL_COUNT]) { for (int i = 0; i < CTL_COUNT; i++) values[i] = ctl_table[i].usual; values[CTL_COUNT] = 1; }
	}
	return values;
}
static int ctl_find(unsigned id) { for (int i = 0; i < CTL_COUNT; i++) if (ctl_table[i].id == id && ctl_table[i].type != V4L2_CTRL_TYPE_CTRL_CLASS) return i; return -1; }
static int ctl_governed(int i) { int *v = ctl_values(); return (i == CTL_WB && v[CTL_WB_AUTO]) || (i == CTL_EXPOSURE && v[CTL_EXPOSURE_AUTO] == 3); }
static int ctl_fail(int e) { errno = e; return -1; }
static int ctl_query(unsigned id, unsigned *found) {
	for (int i = 0; i < CTL_COUNT; i++) {
		unsigned plain = id & V4L2_CTRL_ID_MASK;
		if ((id & V4L2_CTRL_FLAG_NEXT_CTRL) ? ctl_table[i].id > plain : ctl_table[i].id == plain) { *found = ctl_table[i].id; return i; }
	}
	return -1;
}
static int ctl_set(int i, int value, int dry) {
	int type = ctl_table[i].type;
	if (ctl_governed(i)) return ctl_fail(EACCES);
	if (type == V4L2_CTRL_TYPE_MENU && value != 1 && value != 3) return ctl_fail(EINVAL);
	if (type != V4L2_CTRL_TYPE_BUTTON && (value < ctl_table[i].min || value > ctl_table[i].max)) return ctl_fail(ERANGE);
	if (!dry) ctl_values()[i] = type == V4L2_CTRL_TYPE_BUTTON ? ctl_values()[i] + 1 : value;
	return 0;
}
static int ctl_ioctl(unsigned long rq, void *arg) {
	if (!ctl_values()) return ctl_fail(EINVAL);
	switch (rq) {
	case VIDIOC_QUERY_EXT_CTRL: {
		struct v4l2_query_ext_ctrl *q = arg; unsigned id; int i = ctl_query(q->id, &id); if (i < 0) return ctl_fail(EINVAL);
		memset(q, 0, sizeof *q); q->id = id; q->type = ctl_table[i].type; strcpy(q->name, ctl_table[i].name);
		q->minimum = ctl_table[i].min; q->maximum = ctl_table[i].max; q->step = ctl_table[i].step; q->default_value = ctl_table[i].usual; q->elem_size = 4; q->elems = 1;
		q->flags = (ctl_governed(i) ? V4L2_CTRL_FLAG_INACTIVE : 0) | (q->type == V4L2_CTRL_TYPE_CTRL_CLASS ? V4L2_CTRL_FLAG_READ_ONLY | V4L2_CTRL_FLAG_WRITE_ONLY : 0);
		return 0; }
	case VIDIOC_QUERYCTRL: {
		struct v4l2_queryctrl *q = arg; unsigned id; int i = ctl_query(q->id, &id); if (i < 0) return ctl_fail(EINVAL);
		memset(q, 0, sizeof *q); q->id = id; q->type = ctl_table[i].type; strcpy((char *)q->name, ctl_table[i].name);
		q->minimum = ctl_table[i].min; q->maximum = ctl_table[i].max; q->step = ctl_table[i].step; q->default_value = ctl_table[i].usual; q->flags = ctl_governed(i) ? V4L2_CTRL_FLAG_INACTIVE : 0;
		return 0; }
	case VIDIOC_QUERYMENU: {
		struct v4l2_querymenu *m = arg; if (m->id != V4L2_CID_EXPOSURE_AUTO || (m->index != 1 && m->index != 3)) return ctl_fail(EINVAL);
		strcpy((char *)m->name, m->index == 1 ? "Manual Mode" : "Aperture Priority Mode"); return 0; }
	case VIDIOC_G_CTRL: { struct v4l2_control *c = arg; int i = ctl_find(c->id); if (i < 0) return ctl_fail(EINVAL); c->value = ctl_values()[i]; return 0; }
	case VIDIOC_S_CTRL: { struct v4l2_control *c = arg; int i = ctl_find(c->id); return i < 0 ? ctl_fail(EINVAL) : ctl_set(i, c->value, 0); }
	default: {
		struct v4l2_ext_controls *l = arg;
		for (int dry = rq != VIDIOC_G_EXT_CTRLS; dry >= 0; dry--) for (unsigned k = 0; k < l->count; k++) {
			int i = ctl_find(l->controls[k].id); l->error_idx = k; if (i < 0) return ctl_fail(EINVAL);
			if (rq == VIDIOC_G_EXT_CTRLS) l->controls[k].value = ctl_values()[i];
			else if (ctl_set(i, l->controls[k].value, dry || rq == VIDIOC_TRY_EXT_CTRLS)) return -1;
		}
		return 0; }
	}
}
static int ctl_is(unsigned long rq) {
	switch (rq) {
	case VIDIOC_QUERY_EXT_CTRL: case VIDIOC_QUERYCTRL: case VIDIOC_QUERYMENU: case VIDIOC_G_CTRL: case VIDIOC_S_CTRL: case VIDIOC_G_EXT_CTRLS: case VIDIOC_S_EXT_CTRLS: case VIDIOC_TRY_EXT_CTRLS: return 1;
	default: return 0;
	}
}

#define REAL(ret, name, ...) static ret (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
int open(const char *p, int fl, ...) { REAL(int, "open", const char *, int, ...); va_list a; va_start(a, fl); mode_t m = va_arg(a, int); va_end(a); return is_dev(p) ? cam_open(fl) : real(p, fl, m); }
int open64(const char *p, int fl, ...) { REAL(int, "open64", const char *, int, ...); va_list a; va_start(a, fl); mode_t m = va_arg(a, int); va_end(a); return is_dev(p) ? cam_open(fl) : real(p, fl, m); }
int openat(int d, const char *p, int fl, ...) { REAL(int, "openat", int, const char *, int, ...); va_list a; va_start(a, fl); mode_t m = va_arg(a, int); va_end(a); return is_dev(p) ? cam_open(fl) : real(d, p, fl, m); }
int access(const char *p, int m) { REAL(int, "access", const char *, int); if (!is_dev(p)) return real(p, m); if (absent()) { errno = ENOENT; return -1; } return 0; }
int close(int fd) { REAL(int, "close", int); if (fd >= 0 && fd < MAXFD) ctl_fd[fd] = 0; if (fd >= 0 && fd == cam_fd) { cam_fd = -1; streaming = 0; } return real(fd); }

static void *cam_map(off_t off, size_t len) { int i = off / maxframe; if (i < 0 || i >= nbuf) { errno = EINVAL; return MAP_FAILED; } return bufs[i].mem; }
void *mmap(void *a, size_t l, int p, int f, int fd, off_t o) { REAL(void *, "mmap", void *, size_t, int, int, int, off_t); return fd >= 0 && fd == cam_fd ? cam_map(o, l) : real(a, l, p, f, fd, o); }
void *mmap64(void *a, size_t l, int p, int f, int fd, off_t o) { REAL(void *, "mmap64", void *, size_t, int, int, int, off_t); return fd >= 0 && fd == cam_fd ? cam_map(o, l) : real(a, l, p, f, fd, o); }
int munmap(void *a, size_t l) { REAL(int, "munmap", void *, size_t); for (int i = 0; i < MAXBUF; i++) if (bufs[i].mem && bufs[i].mem == a) return 0; return real(a, l); }

static void fmt(struct v4l2_format *f) {
	memset(&f->fmt, 0, sizeof f->fmt); f->fmt.pix.width = width; f->fmt.pix.height = height; f->fmt.pix.pixelformat = qfourcc();
	f->fmt.pix.field = QC("INTERLACED") ? V4L2_FIELD_INTERLACED : V4L2_FIELD_NONE; f->fmt.pix.sizeimage = maxframe; f->fmt.pix.colorspace = V4L2_COLORSPACE_SRGB;
}
static int fail(int e) { errno = e; return -1; }
static int cam_ioctl(int fd, unsigned long rq, void *arg) {
	if (absent() && rq != VIDIOC_STREAMOFF) return fail(ENODEV);
	int wrong = rq == VIDIOC_S_FMT ? fails("s_fmt") : rq == VIDIOC_STREAMON ? fails("streamon") : 0; if (wrong) return fail(wrong);
	if (unplug_after >= 0 && (long)served >= unplug_after && rq != VIDIOC_STREAMOFF) { if (!unplugged_at) unplugged_at = now_ns() / 1e9; return fail(ENODEV); }
	switch (rq) {
	case VIDIOC_QUERYCAP: { struct v4l2_capability *c = arg; memset(c, 0, sizeof *c); strcpy((char *)c->driver, "uvcvideo"); strcpy((char *)c->card, "Fake Webcam"); strcpy((char *)c->bus_info, "usb-fake-1"); c->version = 0x60100;
		c->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING; c->capabilities = c->device_caps | V4L2_CAP_DEVICE_CAPS; return 0; }
	case VIDIOC_ENUMINPUT: { struct v4l2_input *i = arg; if (i->index) return fail(EINVAL); strcpy((char *)i->name, "Camera 1"); i->type = V4L2_INPUT_TYPE_CAMERA; i->std = 0; i->capabilities = 0; i->status = 0; return 0; }
	case VIDIOC_G_INPUT: *(int *)arg = 0; return 0;
	case VIDIOC_S_INPUT: return *(int *)arg ? fail(EINVAL) : 0;
	case VIDIOC_ENUM_FMT: { struct v4l2_fmtdesc *f = arg; if (f->index || f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL); f->flags = V4L2_FMT_FLAG_COMPRESSED; strcpy((char *)f->description, "Motion-JPEG"); f->pixelformat = qfourcc(); return 0; }
	case VIDIOC_ENUM_FRAMESIZES: { struct v4l2_frmsizeenum *f = arg; if (f->index || f->pixel_format != qfourcc() || QC("NOSIZES")) return fail(EINVAL); if (QC("STEPWISE")) { f->type = QC("STEPWISE") == 2 ? V4L2_FRMSIZE_TYPE_CONTINUOUS : V4L2_FRMSIZE_TYPE_STEPWISE; f->stepwise.min_width = 16; f->stepwise.max_width = width; f->stepwise.step_width = QC("STEPWISE") == 2 ? 1 : 2; f->stepwise.min_height = 16; f->stepwise.max_height = height; f->stepwise.step_height = QC("STEPWISE") == 2 ? 1 : 2; return 0; } f->type = V4L2_FRMSIZE_TYPE_DISCRETE; f->discrete.width = width; f->discrete.height = height; return 0; }
	case VIDIOC_ENUM_FRAMEINTERVALS: { struct v4l2_frmivalenum *f = arg; if (f->index || QC("NORATES")) return fail(QC("NORATES") ? ENOTTY : EINVAL); f->type = V4L2_FRMIVAL_TYPE_DISCRETE; f->discrete.numerator = QC("TENTHS") ? 10000000 / fps : 1; f->discrete.denominator = QC("TENTHS") ? 10000000 : fps; return 0; }
	case VIDIOC_TRY_FMT: case VIDIOC_S_FMT: case VIDIOC_G_FMT: { struct v4l2_format *f = arg; if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL); fmt(f); return 0; }
	case VIDIOC_G_PARM: case VIDIOC_S_PARM: { struct v4l2_streamparm *p = arg; p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME; if (QC("NOPARM")) return fail(ENOTTY); p->parm.capture.timeperframe.numerator = QC("ZEROPARM") ? 0 : QC("TENTHS") ? 10000000 / fps : 1; p->parm.capture.timeperframe.denominator = QC("ZEROPARM") ? 0 : QC("TENTHS") ? 10000000 : fps; return 0; }
	case VIDIOC_REQBUFS: { struct v4l2_requestbuffers *r = arg; if (r->memory != V4L2_MEMORY_MMAP) return fail(EINVAL); if (r->count > MAXBUF) r->count = MAXBUF; nbuf = r->count; fh = ft = 0; r->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
		for (int i = 0; i < nbuf; i++) { if (!bufs[i].mem) bufs[i].mem = aligned_alloc(4096, maxframe); bufs[i].queued = 0; } return 0; }
	case VIDIOC_QUERYBUF: { struct v4l2_buffer *b = arg; if ((int)b->index >= nbuf) return fail(EINVAL); b->length = maxframe; b->m.offset = b->index * maxframe; b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | (bufs[b->index].queued ? V4L2_BUF_FLAG_QUEUED : 0); b->memory = V4L2_MEMORY_MMAP; b->bytesused = 0; return 0; }
	case VIDIOC_QBUF: { struct v4l2_buffer *b = arg; if ((int)b->index >= nbuf) return fail(EINVAL); if (!bufs[b->index].queued) { bufs[b->index].queued = 1; fifo[ft++ % MAXBUF] = b->index; } return 0; }
	case VIDIOC_STREAMON: { struct itimerspec t = {{0, 1000000000l / fps}, {0, 1000000000l / fps}}; start_ns = now_ns(); seq = 0; timerfd_settime(fd, 0, &t, 0); streaming = 1; return 0; }
	case VIDIOC_STREAMOFF: { struct itimerspec t = {{0, 0}, {0, 0}}; timerfd_settime(fd, 0, &t, 0); streaming = 0; fh = ft = 0; for (int i = 0; i < nbuf; i++) bufs[i].queued = 0; return 0; }
	case VIDIOC_DQBUF: {
		struct v4l2_buffer *b = arg; uint64_t n; if (!streaming) return fail(EINVAL);
		if (stall_after >= 0 && (long)served >= stall_after) { struct itimerspec t = {{0, 0}, {0, 0}}; timerfd_settime(fd, 0, &t, 0); }
		if (fh == ft) return fail(EAGAIN);
		if (read(fd, &n, 8) != 8) return -1;
		seq += n; served++;
		int i = fifo[fh++ % MAXBUF]; bufs[i].queued = 0;
		int k = seq % nframes; unsigned char *s = file + foff[2 * k]; size_t l = foff[2 * k + 1]; unsigned char *d = bufs[i].mem;
		uint64_t ts = start_ns + seq * (1000000000ull / fps); uint32_t sq = seq;
		d[0] = 0xff; d[1] = 0xd8; d[2] = 0xff; d[3] = 0xfe; d[4] = 0; d[5] = 18; memcpy(d + 6, "TSMK", 4); memcpy(d + 10, &ts, 8); memcpy(d + 18, &sq, 4); memcpy(d + 22, s + 2, l - 2);
		l += MARK; if (QC("NOEOI")) l -= 2; if (QC("PAD")) { memset(d + l, 0, maxframe - l); l = maxframe; } if (QC("BAD8") && served % 8) l /= 2; if (QC("EMPTY") && served % QC("EMPTY") == 0) l = 0; if (corrupt_every && served % corrupt_every == 0) l /= 2;
		memset(b, 0, sizeof *b); b->index = i; b->type = V4L2_BUF_TYPE_VIDEO_CAPTURE; b->memory = V4L2_MEMORY_MMAP; b->bytesused = l; b->length = maxframe; b->m.offset = i * maxframe; b->sequence = seq; b->field = QC("INTERLACED") ? V4L2_FIELD_INTERLACED : V4L2_FIELD_NONE; if (QC("SEQ0")) b->sequence = 0;
		if (QC("REALTIME")) { struct timespec rt; clock_gettime(CLOCK_REALTIME, &rt); ts = rt.tv_sec * 1000000000ull + rt.tv_nsec; } if (QC("TSZERO")) ts = 0; if (QC("TSAHEAD")) ts += 3600000000000ull; b->flags = (QC("REALTIME") || QC("TSZERO") ? 0 : V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC) | V4L2_BUF_FLAG_DONE | (QC("ERR") && served % QC("ERR") == 0 ? V4L2_BUF_FLAG_ERROR : 0); b->timestamp.tv_sec = ts / 1000000000; b->timestamp.tv_usec = ts / 1000 % 1000000; return 0; }
	case VIDIOC_CROPCAP: case VIDIOC_S_CROP: case VIDIOC_EXPBUF: case VIDIOC_SUBSCRIBE_EVENT: return fail(EINVAL);
	default: return fail(ENOTTY);
	}
}
int ioctl(int fd, unsigned long rq, ...) {
	REAL(int, "ioctl", int, unsigned long, ...); va_list a; va_start(a, rq); void *arg = va_arg(a, void *); va_end(a);
	if (fd >= 0 && fd < MAXFD && ctl_fd[fd] && ctl_is((unsigned int)rq)) {
		pthread_mutex_lock(&mu); int r = absent() ? fail(ENODEV) : ctl_ioctl((unsigned int)rq, arg); int e = errno; pthread_mutex_unlock(&mu); errno = e; return r;
	}
	if (fd < 0 || fd != cam_fd) return real(fd, rq, arg);
	pthread_mutex_lock(&mu); int r = cam_ioctl(fd, (unsigned int)rq, arg); int e = errno; pthread_mutex_unlock(&mu); errno = e; return r;
}
