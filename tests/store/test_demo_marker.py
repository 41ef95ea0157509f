"""Whose folder is it? The demo never touches what is not its own."""

import numpy as np
import pytest

from strongroom.demo import marker, scenario
from strongroom.demo.naming import run_names
from strongroom.demo.people import DEMO_PASSPHRASE, PASSPHRASE_HINT, people_of
from strongroom.demo.picture import confusion_picture, mistakes_picture
from strongroom.demo.plans import sweep
from strongroom.demo.scores import accuracy, confusion_counts, log_loss, mean_f1, recall
from strongroom.domain.clock import FixedClock
from strongroom.domain.errors import Cancelled, Refused, Untrusted
from strongroom.sdk.fluent import start_run


def test_somebodys_own_store_is_refused_and_left_as_it_is(tmp_path):
    with start_run("mine", name="first", store=tmp_path) as run:
        run.log_metric("loss", 1.0)
    before = sorted(path for path in tmp_path.rglob("*"))
    for act in (scenario.fill, scenario.remove):
        with pytest.raises(Refused) as refused:
            act(tmp_path)
        assert refused.value.code == "E-DEMO"
        assert refused.value.advice
    assert sorted(path for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["notes.txt", "demo/notes.txt", "demo.json"])
def test_a_folder_with_anything_else_in_it_is_refused(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    with pytest.raises(Refused):
        scenario.fill(tmp_path)
    assert path.read_text() == "{}"


def test_a_filling_that_was_stopped_starts_over_from_nothing(tmp_path, monkeypatch):
    class Stop:
        def step(self, done, total, what=""):
            raise Cancelled

    store = tmp_path / "store"
    with pytest.raises(Cancelled):
        scenario.fill(store, progress=Stop(), clock=FixedClock())
    assert marker.is_begun(store)
    assert marker.finished(store) is None
    (store / "runs").mkdir()
    (store / "runs" / "half").write_text("cut off")
    (store / "demo" / "share").mkdir()
    seen = []

    def look(store, *_):
        seen.append(sorted(path.relative_to(store).as_posix() for path in store.rglob("*")))
        raise Cancelled

    monkeypatch.setattr(scenario, "_fill", look)
    with pytest.raises(Cancelled):
        scenario.fill(store)
    assert seen == [["demo", "demo/begun.json", "demo/lock"]]


def test_a_damaged_marker_is_said_and_not_taken_for_an_empty_store(tmp_path):
    marker.begin(tmp_path)
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(Untrusted) as untrusted:
        scenario.fill(tmp_path)
    assert untrusted.value.code == "E-FORMAT"


def test_a_store_without_a_demo_has_no_people_of_the_demo(tmp_path):
    assert people_of(tmp_path) == ()
    assert people_of(tmp_path / "absent") == ()


@pytest.mark.parametrize("home", ["../../etc", "/etc", "demo//x", ""])
def test_a_list_of_people_cannot_lead_out_of_the_store(tmp_path, home):
    (tmp_path / "demo").mkdir()
    listed = f'{{"name": "M", "role": "R", "home": "{home}", "writer": "w"}}'
    text = f'{{"format": 1, "signed_in": "w", "people": [{listed}]}}'
    (tmp_path / "demo" / "people.json").write_text(text)
    with pytest.raises(Untrusted):
        people_of(tmp_path)


def test_names_come_out_the_same_for_a_seed_and_never_twice():
    first = [name for name, _ in zip(run_names(7), range(500), strict=False)]
    again = [name for name, _ in zip(run_names(7), range(500), strict=False)]
    assert first == again
    assert len(set(first)) == 500


def test_the_sweep_has_forty_runs_and_more_over_three_data_sets():
    plans = sweep()
    assert len(plans) >= 40
    assert len(set(plans)) == len(plans)
    assert {plan.dataset for plan in plans} == {"digits", "wine", "breast-cancer"}
    assert all(20 <= plan.epochs <= 60 for plan in plans)


def test_scores_are_those_of_scikit_learn():
    from sklearn import metrics

    random = np.random.default_rng(3)
    truth = random.integers(0, 4, 200)
    probabilities = random.dirichlet(np.ones(4), 200)
    predicted = probabilities.argmax(axis=1)
    counts = confusion_counts(truth, predicted, 4)
    assert (counts == metrics.confusion_matrix(truth, predicted)).all()
    assert accuracy(counts) == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert mean_f1(counts) == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    assert recall(counts, 2) == pytest.approx(
        metrics.recall_score(truth, predicted, labels=[2], average="macro")
    )
    assert log_loss(truth, probabilities) == pytest.approx(metrics.log_loss(truth, probabilities))


def test_the_confusion_picture_is_blue_on_the_diagonal_and_red_beside_it():
    picture = confusion_picture(np.array([[90, 10], [0, 5]]), cell=40)
    right, wrong, empty = picture[22, 22], picture[22, 62], picture[62, 22]
    assert right[2] > right[0]
    assert wrong[0] > wrong[2]
    assert (empty == 255).all()


def test_a_model_without_mistakes_has_a_picture_too():
    images = np.zeros((3, 8, 8))
    labels = np.array([1, 2, 3])
    assert mistakes_picture(images, labels, labels).min() == 255
    wrong = mistakes_picture(images, labels, np.array([1, 2, 9]))
    assert wrong.min() < 255


def test_the_passphrase_of_the_demo_is_told_where_it_is_asked_for():
    assert DEMO_PASSPHRASE in PASSPHRASE_HINT


def test_the_people_are_known_without_loading_anything_heavy():
    import subprocess
    import sys

    code = (
        "import sys; import strongroom.demo.people, strongroom.demo.scenario;"
        "sys.exit(any(n in sys.modules for n in ('numpy', 'sqlalchemy', 'sklearn', 'keyring')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
