# SPDX-License-Identifier: Apache-2.0
"""WAV files as a curve: the lowest and highest value of each slice of time. Nothing is played."""

import wave
from typing import BinaryIO

import numpy as np

from strongroom.domain.progress import Progress
from strongroom.services.views.shapes import NoView, SoundView

SLICES = 800
MAX_SOUND_BYTES = 512 << 20
FRAMES_AT_ONCE = 1 << 18
MAX_CHANNELS = 64
_TYPES = {1: np.uint8, 2: np.int16, 4: np.int32}


def sound(file: BinaryIO, size: int, progress: Progress) -> SoundView | NoView:
    """Returns the curve of a WAV file, or why there is none."""
    if size > MAX_SOUND_BYTES:
        return NoView(why=f"A sound of more than {MAX_SOUND_BYTES >> 20} MiB is not drawn.")
    if file.read(4) != b"RIFF":
        return NoView(why="Only WAV is drawn; other sounds need a decoder. Save it to listen.")
    file.seek(0)
    try:
        with wave.open(file, "rb") as opened:
            return _curve(opened, size, progress)
    except (wave.Error, EOFError, ValueError, ZeroDivisionError, OverflowError) as error:
        return NoView(why=f"The sound cannot be read: {str(error)[:80]}.")


def _curve(opened: wave.Wave_read, size: int, progress: Progress) -> SoundView | NoView:
    channels, width, rate = opened.getnchannels(), opened.getsampwidth(), opened.getframerate()
    if width not in _TYPES or not 0 < channels <= MAX_CHANNELS or not 0 < rate <= 10_000_000:
        return NoView(why="The sound is of a kind that is not drawn.")
    frames = min(opened.getnframes(), size // (channels * width))
    if not frames:
        return NoView(why="The sound is empty.")
    slices = min(SLICES, frames)
    low, high = np.full(slices, np.inf), np.full(slices, -np.inf)
    at = 0
    while at < frames:
        progress.step(at, frames, "Reading a sound")
        taken = np.frombuffer(
            opened.readframes(min(FRAMES_AT_ONCE, frames - at)), dtype=_TYPES[width]
        )
        values = taken[: len(taken) // channels * channels].reshape(-1, channels).mean(axis=1)
        if not len(values):
            break
        values = (values - 128) / 128 if width == 1 else values / float(1 << (8 * width - 1))
        place = (np.arange(at, at + len(values)) * slices) // frames
        np.minimum.at(low, place, values)
        np.maximum.at(high, place, values)
        at += len(values)
    known = np.isfinite(low)
    return SoundView(
        seconds=frames / rate,
        rate=rate,
        channels=channels,
        low=tuple(np.where(known, low, 0).tolist()),
        high=tuple(np.where(known, high, 0).tolist()),
    )
