# SPDX-License-Identifier: Apache-2.0
"""``@sr.track``: each call of a function is a run, its arguments the params, its end the status.

* The function stays what it is: it gets what it was given, returns what it returned, raises what
  it raised. Coroutines and generators are runs for as long as they live.
* An argument that is no plain value is told by its kind and size, not by its content.
"""

import inspect
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from enum import Enum
from functools import wraps
from pathlib import PurePath
from typing import Any, ParamSpec, TypeVar, cast, overload

from strongroom.sdk.active_run import ActiveRun
from strongroom.sdk.session import SESSION

LONGEST_ARGUMENT = 1_000  # characters of a param; what is longer is data
_PLAIN = (bool, int, float, str)
P = ParamSpec("P")
T = TypeVar("T")


@overload
def track(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def track(
    *,
    experiment: str | None = None,
    name: str | None = None,
    params: bool = True,
    result: bool = True,
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def track(
    function: Callable[..., Any] | None = None,
    /,
    *,
    experiment: str | None = None,
    name: str | None = None,
    params: bool = True,
    result: bool = True,
) -> Any:
    """Makes a run of each call of a function.

    Args:
        function: The function, if the decorator stands without brackets.
        experiment: As for `start_run`.
        name: Of the runs; the function's name if left out.
        params: Whether arguments, defaults included, are logged as params.
        result: Whether numbers in a returned mapping are logged as metrics, and a number that
            is returned as ``result``.
    """
    if function is None:
        return lambda given: _tracked(given, experiment, name, params=params, result=result)
    return _tracked(function, experiment, name, params=params, result=result)


def _tracked(
    function: Callable[..., Any],
    experiment: str | None,
    name: str | None,
    *,
    params: bool,
    result: bool,
) -> Callable[..., Any]:
    title = name or getattr(function, "__name__", type(function).__name__)

    @contextmanager
    def running(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[ActiveRun]:
        run = SESSION.start(experiment, name=title, run_id=None, parent=None, store=None)
        with run:
            if params:
                run.log_params(arguments(function, args, kwargs))
            yield run

    def tell(run: ActiveRun, returned: object) -> None:
        if result:
            run.log_metrics(numbers(returned))

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function
        with running(args, kwargs) as run:
            returned = function(*args, **kwargs)
            tell(run, returned)
            return returned

    @wraps(function)
    async def call_later(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function
        with running(args, kwargs) as run:
            returned = await function(*args, **kwargs)
            tell(run, returned)
            return returned

    @wraps(function)
    def walk(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:  # noqa: ANN401 - any function
        with running(args, kwargs) as run:
            returned = yield from function(*args, **kwargs)
            tell(run, returned)
            return returned

    @wraps(function)
    async def walk_later(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - as above
        with running(args, kwargs):
            async for each in function(*args, **kwargs):
                yield each

    if inspect.iscoroutinefunction(function):
        return call_later
    if inspect.isasyncgenfunction(function):
        return walk_later
    return cast("Callable[..., Any]", walk if inspect.isgeneratorfunction(function) else call)


def arguments(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, object]:
    """Returns what a function is called with by name, defaults included, ``self`` left out.

    A call that does not fit is left to the function itself: it will say so.
    """
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return {}
    bound.apply_defaults()
    found: dict[str, object] = {}
    for place, (title, value) in enumerate(bound.arguments.items()):
        kind = bound.signature.parameters[title].kind
        if not place and title in {"self", "cls"}:
            continue
        if kind is inspect.Parameter.VAR_KEYWORD:
            found |= {key: told(each) for key, each in value.items()}
        elif kind is not inspect.Parameter.VAR_POSITIONAL or value:
            found[title] = told(value)
    return found


def told(value: object) -> object:
    """Returns an argument as a param: plain and short ones as they are, others by kind and size."""
    if value is None or isinstance(value, _PLAIN):
        is_short = not isinstance(value, str) or len(value) <= LONGEST_ARGUMENT
        return value if is_short else _kind_of(value)
    if isinstance(value, list | tuple | dict):
        is_plain = len(value) <= LONGEST_ARGUMENT and _is_plain(value)
        return value if is_plain and len(repr(value)) <= LONGEST_ARGUMENT else _kind_of(value)
    if isinstance(value, PurePath | date | Enum):
        return str(value)[:LONGEST_ARGUMENT]
    if callable(value):
        return f"<{getattr(value, '__qualname__', type(value).__name__)}>"[:LONGEST_ARGUMENT]
    return _kind_of(value)


def numbers(returned: object) -> dict[str, Any]:
    """Returns the numbers a function returned, by name; those of a mapping keep theirs."""
    if isinstance(returned, bool) or returned is None:
        return {}
    if isinstance(returned, Mapping):
        return {
            key: value
            for key, value in returned.items()
            if isinstance(key, str) and not isinstance(value, bool) and _is_number(value)
        }
    return {"result": returned} if _is_number(returned) else {}


def _is_plain(value: list[Any] | tuple[Any, ...] | dict[Any, Any]) -> bool:
    each = value.values() if isinstance(value, dict) else value
    return all(one is None or isinstance(one, _PLAIN) for one in each)


def _is_number(value: object) -> bool:
    if isinstance(value, int | float):
        return True
    return getattr(value, "shape", None) == () and hasattr(value, "__float__")


def _kind_of(value: object) -> str:
    kind = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"<{kind} of {' × '.join(map(str, shape))}>"
    try:
        return f"<{kind} of {len(value):,}>"  # type: ignore[arg-type]  # most have a length
    except Exception:  # noqa: BLE001 - somebody's own length
        return f"<{kind}>"
