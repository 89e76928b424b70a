"""The event loop of a previewed program: runs the runtime's calls inline and notices a hang."""

import asyncio
import contextlib
import gc
import inspect
import selectors
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class HangError(Exception):
    """The program waits for something that nothing will ever provide."""


class _WatchfulSelector(selectors.DefaultSelector):
    """Gives up when nothing is ready, no timer is set and no other thread reports in time.

    A thread that works for the program may take as long as it likes.
    """

    def __init__(self, patience: float, executor: "_InlineExecutor") -> None:
        super().__init__()
        self._patience = patience
        self._executor = executor

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None:
            return super().select(timeout)
        while not (ready := super().select(self._patience)):
            if not self._executor.at_work:
                raise HangError
        return ready


class _InlineExecutor(ThreadPoolExecutor):
    """Runs the Pulumi runtime's calls to the monitor at once, and all other calls in threads.

    The monitor is in this process, so a thread per call would only cost time and mix the order of
    registrations. A call that returns a coroutine is awaited on the loop.
    """

    def __init__(self) -> None:
        super().__init__(max_workers=4)
        self._in_threads: set[Future[Any]] = set()

    @property
    def at_work(self) -> bool:
        """Whether a thread still works on a call."""
        return bool(self._in_threads)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if getattr(fn, "__module__", None) != "pulumi.runtime._context":
            working = super().submit(fn, *args, **kwargs)
            self._in_threads.add(working)
            working.add_done_callback(self._in_threads.discard)
            return working
        future: Future[Any] = Future()
        try:
            result = fn(*args, **kwargs)
        except Exception as error:
            future.set_exception(error)
            return future
        if inspect.iscoroutine(result):
            asyncio.ensure_future(result).add_done_callback(lambda task: _copy(task, future))
        else:
            future.set_result(result)
        return future


def _copy(task: "asyncio.Task[Any]", future: Future[Any]) -> None:
    if task.cancelled():
        future.cancel()
    elif error := task.exception():
        future.set_exception(error)
    else:
        future.set_result(task.result())


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Let the cycle collector run rarely.

    A program makes dozens of tasks per resource and keeps them all to the end, so with the default
    thresholds two fifths of a preview would go into collections that free nothing.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)


def make_loop(patience: float) -> asyncio.AbstractEventLoop:
    """Make the loop; ``patience`` is in seconds, after which an idle program counts as hung."""
    executor = _InlineExecutor()
    loop = asyncio.SelectorEventLoop(_WatchfulSelector(patience, executor))
    loop.set_default_executor(executor)
    return loop


def close_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is left on the loop, and close it."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    with contextlib.suppress(HangError):  # a task may refuse to end
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def clear_away() -> None:
    """Free what a program that failed left unfinished, without Python's complaints about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        gc.collect()


def waiting_resources(loop: asyncio.AbstractEventLoop) -> list[str]:
    """Names and types of the resources whose registration still waits for an input."""
    found = []
    for task in asyncio.all_tasks(loop):
        coroutine = task.get_coro()
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and frame.f_code.co_name == "do_register":
            found.append(f"{frame.f_locals['name']} ({frame.f_locals['ty']})")
    return sorted(found)
