"""Where the tests find the project and its build: B names the folder of the build, SLABSCOPE another program."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get('B', 'build')
SLABSCOPE = os.environ.get('SLABSCOPE', str(BUILD / 'slabscope'))
