"""buf finds nothing to say: style, comments, and no break with the last release."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run(*command: Path | str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (f"(exit {done.returncode})" if done.returncode else "")


def test_contracts_are_lint_clean(root: Path, buf: Path) -> None:
    assert run(buf, "lint", cwd=root) == ""


def test_contracts_silence_no_lint_rule(root: Path) -> None:
    for path in root.glob("protos/reelmesh/**/*.proto"):
        assert "buf:lint:ignore" not in path.read_text("utf-8"), path


def test_contracts_keep_what_the_last_release_promised(root: Path, buf: Path, tmp_path: Path) -> None:
    now = tmp_path / "now.binpb"
    assert run(buf, "build", "--path", "protos/reelmesh", "-o", now, cwd=root) == ""
    against = ["--against", "protos/baseline.binpb", "--exclude-imports", "--config", "buf.yaml"]
    assert run(buf, "breaking", now, *against, cwd=root) == ""
