/* modecam: the fake webcam of ../support/fakecam.c with two Modes and with controls.
 *
 * It offers FAKECAM_W × FAKECAM_H with the frames in FAKECAM_FILE, and MODECAM_W × MODECAM_H with those in MODECAM_FILE,
 * both at FAKECAM_FPS. Its controls are a number (Brightness), a switch (White Balance, Automatic) that controls another
 * number (White Balance Temperature), a menu and a button. Each process that opens it has its own controls, initially at
 * their defaults, like a camera that has lost power in between.
 */
#define ioctl fakecam_ioctl
#include "../support/fakecam.c"
#undef ioctl

struct control { unsigned id; int type; const char *name; int min, max, step, byDefault, value; };
static struct control controls[] = {
	{V4L2_CID_USER_CLASS, V4L2_CTRL_TYPE_CTRL_CLASS, "User Controls", 0, 0, 0, 0, 0},
	{V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", -64, 64, 1, 0, 0},
	{V4L2_CID_AUTO_WHITE_BALANCE, V4L2_CTRL_TYPE_BOOLEAN, "White Balance, Automatic", 0, 1, 1, 1, 1},
	{V4L2_CID_POWER_LINE_FREQUENCY, V4L2_CTRL_TYPE_MENU, "Power Line Frequency", 0, 2, 1, 1, 1},
	{V4L2_CID_WHITE_BALANCE_TEMPERATURE, V4L2_CTRL_TYPE_INTEGER, "White Balance Temperature", 2800, 6500, 10, 4600, 4600},
	{V4L2_CID_AUTO_FOCUS_START, V4L2_CTRL_TYPE_BUTTON, "Focus Now", 0, 0, 0, 0, 0},
};
enum { BALANCE_AUTO = 2, TEMPERATURE = 4, CONTROLS = sizeof controls / sizeof *controls };

static struct control *find(unsigned id) {
	for (int i = 0; i < CONTROLS; i++) if (controls[i].id == id) return &controls[i];
	return NULL;
}
static int governed(struct control *c) { return c == &controls[TEMPERATURE] && controls[BALANCE_AUTO].value; }

static int query(struct v4l2_query_ext_ctrl *q) {
	unsigned after = q->id & 0x0fffffff;
	for (int i = 0; i < CONTROLS; i++) {
		struct control *c = &controls[i];
		if (c->id <= after) continue;
		memset(q, 0, sizeof *q);
		q->id = c->id; q->type = c->type; strcpy(q->name, c->name);
		q->minimum = c->min; q->maximum = c->max; q->step = c->step; q->default_value = c->byDefault;
		q->flags = governed(c) ? V4L2_CTRL_FLAG_INACTIVE : 0;
		return 0;
	}
	return fail(EINVAL);
}
static int access_control(struct v4l2_ext_controls *list, int set) {
	struct control *c = list->count == 1 ? find(list->controls->id) : NULL;
	if (!c || c->type == V4L2_CTRL_TYPE_CTRL_CLASS) return fail(EINVAL);
	if (!set) { list->controls->value = c->value; return 0; }
	if (governed(c)) return fail(EACCES);
	if (c->type == V4L2_CTRL_TYPE_BUTTON) return 0;
	if (list->controls->value < c->min || list->controls->value > c->max) return fail(ERANGE);
	c->value = list->controls->value;
	return 0;
}
static int other(const char *side) { return envl(side, 0); }
static int is_other(unsigned w, unsigned h) { return (int)w == other("MODECAM_W") && (int)h == other("MODECAM_H"); }
/* A process that chooses the other Mode reads the other clip from then on. */
static void choose_other(void) {
	if (is_other(width, height)) return;
	const char *clip = getenv("MODECAM_FILE"); if (!clip) return;
	char size[16]; setenv("FAKECAM_FILE", clip, 1);
	snprintf(size, sizeof size, "%d", other("MODECAM_W")); setenv("FAKECAM_W", size, 1);
	snprintf(size, sizeof size, "%d", other("MODECAM_H")); setenv("FAKECAM_H", size, 1);
	free(file); free(foff); file = NULL; foff = NULL; nframes = 0;
	load();
}

int ioctl(int fd, unsigned long rq, ...) {
	va_list a; va_start(a, rq); void *arg = va_arg(a, void *); va_end(a);
	if (fd < 0 || fd != cam_fd) {
		/* The handle for the controls belongs to the same camera as the one that streams. */
		switch ((unsigned int)rq) { case VIDIOC_QUERY_EXT_CTRL: case VIDIOC_QUERYMENU: case VIDIOC_G_EXT_CTRLS: case VIDIOC_S_EXT_CTRLS: break;
		default: return fakecam_ioctl(fd, rq, arg); }
	}
	switch ((unsigned int)rq) {
	case VIDIOC_ENUM_FRAMESIZES: {
		struct v4l2_frmsizeenum *f = arg;
		if (f->index != 1 || f->pixel_format != V4L2_PIX_FMT_MJPEG) break;
		f->type = V4L2_FRMSIZE_TYPE_DISCRETE; f->discrete.width = other("MODECAM_W"); f->discrete.height = other("MODECAM_H");
		return 0;
	}
	case VIDIOC_S_FMT: {
		struct v4l2_format *f = arg;
		if (f->type == V4L2_BUF_TYPE_VIDEO_CAPTURE && is_other(f->fmt.pix.width, f->fmt.pix.height)) choose_other();
		break;
	}
	case VIDIOC_QUERY_EXT_CTRL: return query(arg);
	case VIDIOC_QUERYMENU: {
		struct v4l2_querymenu *m = arg; const char *names[] = {"Disabled", "50 Hz", "60 Hz"};
		if (m->id != V4L2_CID_POWER_LINE_FREQUENCY || m->index > 2) return fail(EINVAL);
		strcpy((char *)m->name, names[m->index]);
		return 0;
	}
	case VIDIOC_G_EXT_CTRLS: return access_control(arg, 0);
	case VIDIOC_S_EXT_CTRLS: return access_control(arg, 1);
	}
	return fakecam_ioctl(fd, rq, arg);
}
