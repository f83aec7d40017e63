"""A film in a browser: every frame of its pieces is decoded and shown. Skipped where there is no Chromium."""

from __future__ import annotations

import http.server
import json
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reelmesh.compose.v1.compose_pb2 import ComposeRequest
from servers.compose.defaults import set_seconds
from tests.unit.servers.compose.studio import Desk, Stage, canvas, film_of

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PAGE = b"""<!doctype html><video id=v muted src=/film.mp4></video><script>
const v = document.getElementById('v');
const say = it => fetch('/said', {method: 'POST', body: JSON.stringify(it)});
const times = [];
const seen = (now, frame) => { times.push(frame.mediaTime); v.requestVideoFrameCallback(seen); };
v.requestVideoFrameCallback(seen);
v.onerror = () => say({error: v.error.message});
v.onended = () => {
  const quality = v.getVideoPlaybackQuality();
  say({width: v.videoWidth, height: v.videoHeight, duration: v.duration, end: v.currentTime,
       frames: quality.totalVideoFrames, corrupted: quality.corruptedVideoFrames, times});
};
v.oncanplay = () => {
  v.oncanplay = null;
  v.playbackRate = 0.5;
  v.play().catch(error => say({error: String(error)}));
};
</script>"""


@pytest.fixture
def watched(tmp_path: Path, stage: Stage) -> Iterator[dict[str, Any]]:
    """What the browser says of a film of three scenes with a change between each."""
    desk = Desk(tmp_path)
    made = ComposeRequest(canvas=canvas(160, 160, 10))
    made.output.preset = "ultrafast"
    set_seconds(made.transition.duration, 0.4)
    for index in range(3):
        scene = made.scenes.add(picture=desk.picture((70 * index, 90, 40), (160, 160)))
        set_seconds(scene.duration, 1.0)
        scene.narration.CopyFrom(desk.tone(0.6))
    film = film_of(desk, stage.shoot(made, desk).film).path.read_bytes()
    said: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body, kind = (film, "video/mp4") if self.path == "/film.mp4" else (PAGE, "text/html")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            said.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    address = f"http://127.0.0.1:{server.server_port}/"
    browser = subprocess.Popen(
        [
            str(BROWSER),
            *options,
            f"--user-data-dir={tmp_path / 'browser'}",
            "--remote-debugging-port=0",
            address,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield said.get(timeout=100)
    finally:
        browser.terminate()
        browser.wait()
        server.shutdown()
        server.server_close()


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_chromium_plays_it_to_its_end(watched: dict[str, Any]) -> None:
    assert "error" not in watched
    assert (watched["width"], watched["height"]) == (160, 160)
    assert watched["duration"] == pytest.approx(3.0, abs=0.03)
    assert watched["end"] == pytest.approx(3.0, abs=0.03)
    assert watched["corrupted"] == 0
    times = watched["times"]
    assert times == sorted(times)
    assert all(abs(time * 10 - round(time * 10)) < 0.01 for time in times), "every frame has its own time"
