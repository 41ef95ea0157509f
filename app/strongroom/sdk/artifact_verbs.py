# SPDX-License-Identifier: Apache-2.0
"""The verbs by which a run keeps files: whole ones, and those made of texts, tables and pictures.

* As all logging: nothing raises into training, what could not be kept is counted.
* What turns an object into bytes is imported when the first one comes.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from strongroom.domain.model import MODEL_FILE
from strongroom.journal.writer import JournalWriter
from strongroom.sdk.keeping import Keeper
from strongroom.sdk.losses import Losses, Lost, never_raises, shown
from strongroom.sdk.values import json_text, whole, whole_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from strongroom.sdk.contract_watch import ContractWatch


class ArtifactVerbs:
    """What `ActiveRun` can keep; a part of it, of no use alone."""

    losses: Losses
    run_id: str
    watch: "ContractWatch | None"
    _keeper: Keeper

    @never_raises
    def log_artifact(self, file: str | os.PathLike[str], path: str = "") -> None:
        """Keeps a file, or all files of a folder.

        Args:
            file: The file or folder; links inside a folder are not followed.
            path: The folder inside the run's artifacts it goes to; its root if left out.
        """
        self._open_writer()
        source = Path(file)
        if not os.fspath(file):  # which Path takes for the folder the script is in
            raise Lost("missing", "the name of the file is empty")
        if not source.is_dir():
            self._keeper.keep_file(source, f"{path}/{source.name}" if path else source.name)
            return
        for relative, error in self._keeper.keep_folder(source, path):
            self.losses.note(error, f"log_artifact({shown(relative)})")

    def log_artifacts(self, folder: str | os.PathLike[str], path: str = "") -> None:
        """Keeps all files of a folder; the other name of `log_artifact`."""
        self.log_artifact(folder, path)

    @never_raises
    def log_bytes(self, data: bytes, path: str) -> None:
        """Keeps bytes as the artifact of this path."""
        if not isinstance(data, bytes | bytearray | memoryview):
            raise Lost("type", "bytes are needed")
        self._open_writer()
        self._keeper.keep_bytes(path, bytes(data))

    def log_text(self, text: str, path: str) -> None:
        """Keeps a text as a UTF-8 file."""
        self._rendered(path, lambda: whole_text(text).encode())

    def log_dict(self, document: object, path: str) -> None:
        """Keeps a dict or list as a JSON file."""
        self._rendered(path, lambda: json_text(document).encode())

    def log_table(self, table: object, path: str) -> None:
        """Keeps a table: a dict of columns, a list of rows, or a pandas DataFrame.

        The name decides the form: ``.csv``, else JSON ``{"columns": …, "data": …}``.
        """
        from strongroom.sdk.pictures import table_bytes

        self._rendered(path, lambda: table_bytes(table, path))

    def log_image(self, image: object, path: str) -> None:
        """Keeps a picture: bytes of an image file, or an array of grey, RGB or RGBA values.

        Arrays have the shape (height, width) or (height, width, 1, 3 or 4); floats lie in 0 … 1.
        """
        from strongroom.sdk.pictures import image_bytes

        self._rendered(path, lambda: image_bytes(image))

    def log_figure(self, figure: object, path: str) -> None:
        """Keeps a matplotlib figure in the format its name says, or bytes as they are."""
        from strongroom.sdk.pictures import figure_bytes

        self._rendered(path, lambda: figure_bytes(figure, path))

    def log_histogram(self, values: object, name: str, step: int = 0, *, bins: int = 64) -> None:
        """Keeps how values are spread, as ``histograms/NAME/step_STEP.json``.

        Args:
            values: An array of any shape, a tensor, or numbers; those not finite are counted apart.
            name: What they are, such as ``weights/layer1``.
            step: Signed 64-bit integer; the window shows the steps of a name beside each other.
            bins: Even ones between the least and the largest value.
        """
        from strongroom.sdk.histograms import histogram_of

        def keep() -> None:
            self._open_writer()
            path = f"histograms/{name}/step_{whole(step):010d}.json"
            self._keeper.keep_bytes(path, json_text(histogram_of(values, bins)).encode())

        self._guarded(keep, f"log_histogram({shown(name)})")

    def log_model(
        self,
        model: object,
        path: str = "model",
        *,
        signature: Mapping[str, Any] | None = None,
        input_example: object = None,
        requirements: Sequence[str] | None = None,
        flavor: str = "auto",
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """Keeps a model as a folder that Strongroom and MLflow can load.

        Args:
            model: An estimator, a folder, or bytes.
            path: Where it lies among the run's artifacts.
            signature: ``{"inputs": [...], "outputs": [...]}`` in MLflow's words; inferred from
                the example if left out.
            input_example: A few rows of input: array, DataFrame, dict of columns or list.
            requirements: Exact pins; those of the packages the model needs if left out.
            flavor: ``sklearn``, ``python_function``, ``files``, or ``auto``.
            metadata: Free facts, kept in the MLmodel file.
        """
        from strongroom.sdk.model_folder import model_files

        def keep() -> None:
            files = model_files(
                model,
                run_id=self.run_id,
                path=path,
                signature=signature,
                input_example=input_example,
                requirements=requirements,
                flavor=flavor,
                metadata=metadata,
            )
            self.keep_all(files, path)
            if self.watch is not None:
                self.watch.model(path, files[MODEL_FILE])

        self._guarded(keep, f"log_model({shown(path)})")

    def keep_all(self, files: Mapping[str, bytes | Path], path: str) -> None:
        """Keeps several files below a path, the ones given as bytes with one fsync.

        Raises:
            Lost: If a path is not allowed.
            OSError: If a file cannot be read or the disk did not take it.
        """
        self._open_writer()
        self._keeper.keep_many({f"{path}/{name}": data for name, data in files.items()})

    def _open_writer(self) -> JournalWriter:
        raise NotImplementedError

    def _rendered(self, path: str, render: Callable[[], bytes]) -> None:
        def keep() -> None:
            self._open_writer()
            self._keeper.keep_bytes(path, render())

        self._guarded(keep, f"artifact {shown(path)}")

    def _guarded(self, keep: Callable[[], None], what: str) -> None:
        try:
            keep()
        except Exception as error:  # noqa: BLE001 - training goes on whatever happened
            self.losses.note(error, what)
