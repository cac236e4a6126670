"""Web and default cluster never load torch, whatever they are asked."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import headshots.wsgi, headshots.urls, generation.tasks, accounts.urls, generation.employee_urls
from generation.engine import photos, faces, gate, finish
from generation.dispatch import base_model
loaded = {"torch", "diffusers", "peft", "transformers"} & set(sys.modules)
sys.exit(f"loaded: {loaded}" if loaded else 0)
"""


def test_web_and_default_cluster_do_not_import_torch() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_importing_the_web_does_not_load_the_engine() -> None:
    program = PROGRAM.replace("from generation.engine import photos, faces, gate, finish", "")
    program = program.replace('{"torch"', '{"dlib", "cv2", "torch"')
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
