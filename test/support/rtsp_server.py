"""Serves a test picture as H.264 over RTSP, for tests.

Prints its address on the first line and ends when its standard input is closed.
Needs Debian's python3-gi, gir1.2-gst-rtsp-server-1.0 and GStreamer's base, good and ugly plugins.
"""

import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0", help="0 lets the system choose")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--pattern", default="ball", help="of videotestsrc; those with snow take 2 Mbit/s")
    parser.add_argument("--audio", choices=["alaw", "aac", "opus"])
    parser.add_argument("--separate", default="false", help="true encodes for each client separately")
    options = parser.parse_args()

    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    audio = {
        None: "",
        "alaw": "! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay1 pt=8 ",
        "aac": "! audio/x-raw,rate=16000,channels=1 ! voaacenc ! rtpmp4gpay name=pay1 pt=97 ",
        "opus": "! audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay name=pay1 pt=97 ",
    }[options.audio]
    tone = "audiotestsrc is-live=true wave=ticks ! audioconvert ! audioresample " if audio else ""
    factory.set_launch(
        f"( videotestsrc is-live=true pattern={options.pattern} "
        f"! video/x-raw,format=I420,width={options.width},height={options.height},framerate={options.fps}/1 "
        "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 "
        "! rtph264pay name=pay0 pt=96 config-interval=1 "
        f"{tone}{audio})"
    )
    factory.set_shared(options.separate != "true")

    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    if options.user is not None:
        demand(server, factory, options.user, options.password or "")
    server.get_mount_points().add_factory("/test", factory)
    if server.attach(None) == 0:
        sys.exit("the port is taken")
    print(f"rtsp://127.0.0.1:{server.get_bound_port()}/test", flush=True)

    loop = GLib.MainLoop()
    closed = GLib.IOCondition.HUP | GLib.IOCondition.IN
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, closed, lambda *_: loop.quit())
    loop.run()


def demand(server, factory, user: str, password: str) -> None:
    """Lets only this user in, by basic authentication."""
    permissions = GstRtspServer.RTSPPermissions()
    for permission in ("media.factory.access", "media.factory.construct"):
        permissions.add_permission_for_role("viewer", permission, True)
    factory.set_permissions(permissions)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)


main()
