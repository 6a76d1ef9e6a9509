// A fake microphone for programs that are started with it in LD_PRELOAD: ALSA's card 29, device 0, whose driver's ioctls
// (sound/asound.h) are answered here. It has one channel of 16 bits at 48 kHz, and hears a tone of 1 kHz.
// FAKEMIC_LOG names a file to which "open" and "close" are written; it is absent while FAKEMIC_ABSENT is set.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <sound/asound.h>

#define RATE 48000
#define CHANNELS 1
#define PERIOD 480
#define PERIODS 16

static int control = -1, pcm = -1;
static snd_pcm_state_t state;
static unsigned long frames;
static struct timespec began;

static void note(const char *what) {
	const char *path = getenv("FAKEMIC_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;
	if (file) { fprintf(file, "%s\n", what); fclose(file); }
}

static int opens(const char *path) {
	if (!path || strncmp(path, "/dev/snd/", 9) || getenv("FAKEMIC_ABSENT")) return 0;
	return !strcmp(path + 9, "controlC29") ? 1 : !strcmp(path + 9, "pcmC29D0c") ? 2 : 0;
}

/* An eventfd cannot be mapped, so the library uses ioctls. */
static int device(int which) {
	int fd = eventfd(0, EFD_CLOEXEC);
	if (which == 1) return control = fd;
	state = SNDRV_PCM_STATE_OPEN;
	note("open");
	return pcm = fd;
}

#define OPEN(name) \
int name(const char *path, int flags, ...) { \
	static int (*real)(const char *, int, ...); \
	if (!real) real = dlsym(RTLD_NEXT, #name); \
	va_list a; va_start(a, flags); mode_t mode = va_arg(a, int); va_end(a); \
	int which = opens(path); \
	return which ? device(which) : real(path, flags, mode); \
}
OPEN(open)
OPEN(open64)

#define OPEN_2(name) \
int name(const char *path, int flags) { \
	static int (*real)(const char *, int); \
	if (!real) real = dlsym(RTLD_NEXT, #name); \
	int which = opens(path); \
	return which ? device(which) : real(path, flags); \
}
OPEN_2(__open_2)
OPEN_2(__open64_2)

int close(int fd) {
	static int (*real)(int);
	if (!real) real = dlsym(RTLD_NEXT, "close");
	if (fd >= 0 && fd == pcm) { pcm = -1; note("close"); }
	if (fd >= 0 && fd == control) control = -1;
	return real(fd);
}

static int only(struct snd_mask *mask, unsigned bit) {
	if (!(mask->bits[0] & (1u << bit))) return 0;
	memset(mask, 0, sizeof *mask);
	mask->bits[0] = 1u << bit;
	return 1;
}

static int just(struct snd_pcm_hw_params *p, int kind, unsigned value) {
	struct snd_interval *i = &p->intervals[kind - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
	if (value < i->min || value > i->max || (value == i->min && i->openmin) || (value == i->max && i->openmax)) return 0;
	memset(i, 0, sizeof *i);
	i->min = i->max = value;
	i->integer = 1;
	return 1;
}

/* Only one configuration is supported: every parameter that allows it is set to it. */
static int refine(struct snd_pcm_hw_params *p) {
	int bytes = 2 * CHANNELS;
	int fits = only(&p->masks[0], SNDRV_PCM_ACCESS_RW_INTERLEAVED) && only(&p->masks[1], SNDRV_PCM_FORMAT_S16_LE)
		&& only(&p->masks[2], SNDRV_PCM_SUBFORMAT_STD) && just(p, SNDRV_PCM_HW_PARAM_SAMPLE_BITS, 16)
		&& just(p, SNDRV_PCM_HW_PARAM_FRAME_BITS, 8 * bytes) && just(p, SNDRV_PCM_HW_PARAM_CHANNELS, CHANNELS)
		&& just(p, SNDRV_PCM_HW_PARAM_RATE, RATE) && just(p, SNDRV_PCM_HW_PARAM_PERIOD_TIME, PERIOD * 1000 / 48)
		&& just(p, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PERIOD) && just(p, SNDRV_PCM_HW_PARAM_PERIOD_BYTES, PERIOD * bytes)
		&& just(p, SNDRV_PCM_HW_PARAM_PERIODS, PERIODS) && just(p, SNDRV_PCM_HW_PARAM_BUFFER_TIME, PERIODS * PERIOD * 1000 / 48)
		&& just(p, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, PERIODS * PERIOD) && just(p, SNDRV_PCM_HW_PARAM_BUFFER_BYTES, PERIODS * PERIOD * bytes)
		&& just(p, SNDRV_PCM_HW_PARAM_TICK_TIME, 0);
	if (!fits) { errno = EINVAL; return -1; }
	p->rmask = 0;
	p->cmask = ~0u;
	p->info = SNDRV_PCM_INFO_INTERLEAVED | SNDRV_PCM_INFO_BLOCK_TRANSFER;
	p->msbits = 16;
	p->rate_num = RATE;
	p->rate_den = 1;
	p->fifo_size = 0;
	return 0;
}

static int read_frames(struct snd_xferi *x) {
	if (state != SNDRV_PCM_STATE_RUNNING) { state = SNDRV_PCM_STATE_RUNNING; frames = 0; clock_gettime(CLOCK_MONOTONIC, &began); }
	for (unsigned long n = 0; n < x->frames; n++)
		((short *)x->buf)[n] = (short)(16000 * sin(2 * M_PI * 1000 * (frames + n) / RATE));
	frames += x->frames;
	x->result = x->frames;
	struct timespec due = { began.tv_sec + frames / RATE, began.tv_nsec + (frames % RATE) * (1000000000L / RATE) };
	if (due.tv_nsec >= 1000000000L) { due.tv_sec++; due.tv_nsec -= 1000000000L; }
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	return 0;
}

static int pcm_ioctl(unsigned long request, void *arg) {
	switch (request) {
	case SNDRV_PCM_IOCTL_PVERSION: *(int *)arg = SNDRV_PROTOCOL_VERSION(2, 0, 9); return 0;
	case SNDRV_PCM_IOCTL_INFO: {
		struct snd_pcm_info *info = arg;
		memset(info, 0, sizeof *info);
		info->stream = SNDRV_PCM_STREAM_CAPTURE;
		info->card = 29;
		info->subdevices_count = 1;
		return 0;
	}
	case SNDRV_PCM_IOCTL_HW_REFINE: return refine(arg);
	case SNDRV_PCM_IOCTL_HW_PARAMS: state = SNDRV_PCM_STATE_SETUP; return refine(arg);
	case SNDRV_PCM_IOCTL_SW_PARAMS: ((struct snd_pcm_sw_params *)arg)->boundary = PERIODS * PERIOD * 0x10000ul; return 0;
	case SNDRV_PCM_IOCTL_PREPARE: state = SNDRV_PCM_STATE_PREPARED; frames = 0; return 0;
	case SNDRV_PCM_IOCTL_SYNC_PTR: {
		struct snd_pcm_sync_ptr *sync = arg;
		sync->s.status.state = state;
		sync->s.status.hw_ptr = frames;
		sync->c.control.appl_ptr = frames;
		return 0;
	}
	case SNDRV_PCM_IOCTL_DELAY: *(snd_pcm_sframes_t *)arg = 0; return 0;
	case SNDRV_PCM_IOCTL_READI_FRAMES: return read_frames(arg);
	case SNDRV_PCM_IOCTL_TTSTAMP: case SNDRV_PCM_IOCTL_USER_PVERSION: case SNDRV_PCM_IOCTL_HWSYNC:
	case SNDRV_PCM_IOCTL_START: case SNDRV_PCM_IOCTL_DROP: case SNDRV_PCM_IOCTL_HW_FREE: return 0;
	default: errno = ENOTTY; return -1;
	}
}

static int control_ioctl(unsigned long request, void *arg) {
	switch (request) {
	case SNDRV_CTL_IOCTL_PVERSION: *(int *)arg = SNDRV_PROTOCOL_VERSION(2, 0, 4); return 0;
	case SNDRV_CTL_IOCTL_CARD_INFO: {
		struct snd_ctl_card_info *info = arg;
		memset(info, 0, sizeof *info);
		info->card = 29;
		strcpy((char *)info->id, "TestMic");
		return 0;
	}
	case SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE: return 0;
	default: errno = ENOTTY; return -1;
	}
}

int ioctl(int fd, unsigned long request, ...) {
	static int (*real)(int, unsigned long, ...);
	if (!real) real = dlsym(RTLD_NEXT, "ioctl");
	va_list a; va_start(a, request); void *arg = va_arg(a, void *); va_end(a);
	if (fd >= 0 && fd == pcm) return pcm_ioctl((unsigned int)request, arg);
	if (fd >= 0 && fd == control) return control_ioctl((unsigned int)request, arg);
	return real(fd, request, arg);
}
