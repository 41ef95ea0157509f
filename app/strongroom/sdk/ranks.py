# SPDX-License-Identifier: Apache-2.0
"""Recognises which of several processes of one training this is, by what launchers tell it.

* Only what a launcher says of itself is believed: a rank without the number of ranks is nothing.
* Ranks meet in one run by one id: ``STRONGROOM_RUN_ID``, or ``STRONGROOM_RUN_ID=job``, which makes
  the id from the ids of the job, so that a job that is started again goes on with its run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from strongroom.domain.errors import BadInput

OF_THE_JOB = "job"
"""The value of ``STRONGROOM_RUN_ID`` that stands for an id made from those of the job."""
MOST_RANKS = 1 << 24  # ten times the largest machine; more is no number of ranks
_LAUNCHERS = (
    ("strongroom", "STRONGROOM_RANK", "STRONGROOM_WORLD_SIZE", "STRONGROOM_LOCAL_RANK"),
    ("torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK"),
    ("horovod", "HOROVOD_RANK", "HOROVOD_SIZE", "HOROVOD_LOCAL_RANK"),
    ("openmpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    ("mpi", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
    ("slurm", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"),
)
_JOBS = (
    ("SLURM_CLUSTER_NAME", "SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID"),
    ("LSB_JOBID", "LSB_JOBINDEX"),
    ("PBS_JOBID",),
    ("JOB_ID", "SGE_TASK_ID"),
    ("ARGO_WORKFLOW_UID",),
    ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_TASK_ID", "AIRFLOW_CTX_DAG_RUN_ID"),
    ("TORCHELASTIC_RUN_ID",),
)
_NOTHING = {"", "none", "undefined"}  # what torchrun and grid engines say instead of leaving it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """This process among those of one training, counted from 0, and who said so."""

    rank: int
    world: int
    local_rank: int
    launcher: str


def rank_of(environ: Mapping[str, str]) -> Rank | None:
    """Returns the rank of this process; None where there is one process only, or nobody says."""
    for launcher, rank_name, world_name, local_name in _LAUNCHERS:
        rank, world = _number(environ.get(rank_name)), _number(environ.get(world_name))
        if rank is None or world is None or not rank < world or world < 2:
            continue
        local = _number(environ.get(local_name))
        return Rank(
            rank=rank, world=world, local_rank=rank if local is None else local, launcher=launcher
        )
    return None


def job_run_id(environ: Mapping[str, str]) -> str:
    """Returns the run id that each process of this job computes, also when it starts again.

    Raises:
        BadInput: ``E-FORMAT`` if no scheduler says which job this is.
    """
    for names in _JOBS:
        known = [(name, environ.get(name, "")) for name in names]
        known = [(name, value) for name, value in known if value.lower() not in _NOTHING]
        if known and known != [("SLURM_CLUSTER_NAME", environ.get("SLURM_CLUSTER_NAME", ""))]:
            text = "\n".join(f"{name}={value}" for name, value in known)
            return hashlib.sha256(f"strongroom run of a job\n{text}".encode()).hexdigest()[:32]
    raise BadInput(
        "E-FORMAT",
        "STRONGROOM_RUN_ID is job, but no scheduler says which job this is",
        "Give the ranks one id of 32 hexadecimal digits instead; torchrun needs --rdzv-id.",
    )


def _number(text: str | None) -> int | None:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 9:
        return None
    return int(text) if int(text) < MOST_RANKS else None
