"""Findings as the stages before would hand them over, written by hand: what the reports are tested on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from lockmodel.findings.finding import (
    CheckResult,
    Finding,
    Frame,
    Order,
    OrderEdge,
    ScenarioResult,
    Step,
    Unreached,
    Waiting,
)

SPEC = "specs/inotify.py"
SOURCE = "fs/inotify.c"


def frame(procedure: str, spec: int, source: int | None, *, path: str = SPEC, file: str = SOURCE) -> Frame:
    return Frame(procedure, f"{path}:{spec}", None if source is None else f"{file}:{source}")


@dataclass
class Script:
    """Collects the steps of a witness; keeps each thread's stack and locks so that a line stays short."""

    path: str = SPEC
    file: str = SOURCE
    steps: list[Step] = field(default_factory=list)
    stacks: dict[str, list[Frame]] = field(default_factory=dict)
    locks: dict[str, list[str]] = field(default_factory=dict)

    def at(self, thread: str, *frames: tuple[str, int, int | None]) -> None:
        """`thread` now stands in `frames`, outermost first; the innermost line is replaced by each step."""
        self.stacks[thread] = [frame(*entry, path=self.path, file=self.file) for entry in reversed(frames)]

    def do(
        self,
        thread: str,
        spec: int,
        source: int | None,
        operation: str,
        detail: str = "",
        *changes: str,
        code: str = "",
        takes: str = "",
        drops: str = "",
    ) -> None:
        inner, *outer = self.stacks[thread]
        here = frame(inner.procedure, spec, source, path=self.path, file=self.file)
        held = self.locks.setdefault(thread, [])
        if takes:
            held.append(takes)
        if drops:
            held.remove(drops)
        self.steps.append(
            Step(
                n=len(self.steps) + 1,
                thread=thread,
                procedure=here.procedure,
                spec=here.spec,
                source=here.source,
                operation=operation,
                detail=detail,
                code=code or operation,
                stack=[here, *outer],
                locks=list(held),
                choice=0,
                changes=list(changes),
            )
        )

    def down(self, thread: str, spec: int, source: int | None, lock: str) -> None:
        self.do(thread, spec, source, f"down({lock})", takes=lock)

    def up(self, thread: str, spec: int, source: int | None, lock: str) -> None:
        self.do(thread, spec, source, f"up({lock})", drops=lock)


def switches(steps: list[Step]) -> int:
    return sum(one.thread != two.thread for one, two in pairwise(steps))


def null_dereference() -> Finding:
    """LM305: the second look-up finds nothing, and the put after it does not ask."""
    s = Script()
    rm, um = "rm_watch", "umount"
    s.at(rm, ("inotify_ignore", 196, 805))
    s.down(rm, 196, 805, "device#1.sem")
    s.do(rm, 197, 806, "idr_find(device#1.idr, 1)", "= watch#1")
    s.at(rm, ("inotify_ignore", 201, 811), ("get_inotify_watch", 112, 184))
    s.do(rm, 112, 184, "atomic_inc(watch#1.count)", "", "watch#1.count: 1 -> 2")
    s.at(rm, ("inotify_ignore", 202, 812))
    s.do(rm, 202, 812, "read watch#1.inode", "= inode#1")
    s.up(rm, 203, 813, "device#1.sem")
    s.at(um, ("inotify_unmount_inodes", 240, 623))
    s.down(um, 240, 623, "inode#1.inotify_sem")
    s.do(um, 241, 625, "list_first_entry(inode#1.inotify_watches)", "= watch#1")
    s.do(um, 242, 626, "read watch#1.dev", "= device#1")
    s.down(um, 243, 627, "device#1.sem")
    gone = ("inotify_unmount_inodes", 244, 629), ("remove_watch_no_event", 160, 453)
    s.at(um, *gone)
    s.do(um, 160, 453, "list_del(watch#1.i_list)", "", "inode#1.inotify_watches: [watch#1] -> []")
    s.do(um, 161, 454, "list_del(watch#1.d_list)", "", "device#1.watches: [watch#1] -> []")
    s.do(um, 162, 456, "atomic_dec(user#1.inotify_watches)", "", "user#1.inotify_watches: 1 -> 0")
    s.do(um, 163, 457, "idr_remove(device#1.idr, 1)", "", "device#1.idr: {1: watch#1} -> {}")
    s.at(um, gone[0], ("remove_watch_no_event", 164, 458), ("put_inotify_watch", 117, 193))
    s.do(um, 117, 193, "atomic_dec_and_test(watch#1.count)", "= false", "watch#1.count: 2 -> 1")
    s.at(um, ("inotify_unmount_inodes", 245, 630))
    s.up(um, 245, 630, "device#1.sem")
    s.up(um, 246, 632, "inode#1.inotify_sem")
    s.at(rm, ("inotify_ignore", 205, 815))
    s.down(rm, 205, 815, "inode#1.inotify_sem")
    s.down(rm, 206, 816, "device#1.sem")
    s.do(rm, 207, 819, "idr_find(device#1.idr, 1)", "= NULL")
    s.up(rm, 210, 823, "device#1.sem")
    s.up(rm, 211, 824, "inode#1.inotify_sem")
    s.at(rm, ("inotify_ignore", 212, 825), ("put_inotify_watch", 117, 193))
    s.do(rm, 117, 193, "atomic_dec_and_test(NULL.count)", code="if atomic_dec_and_test(watch.count):  # 193")
    return Finding(
        rule="LM305",
        name="null-dereference",
        message="put_inotify_watch dereferences a null watch: the second idr_find of inotify_ignore found nothing, "
        "because umount removed the watch while neither semaphore was held.",
        threads=[rm, um],
        locks=["device#1.sem", "inode#1.inotify_sem"],
        objects=["watch#1"],
        thread_switches=switches(s.steps),
        minimal="proved",
        place=frame("inotify_ignore", 212, 825),
        stack=s.steps[-1].stack,
        steps=s.steps,
        waiting=[],
        state=["watch#1: on no list, count 1, never put again", "inode#1.inotify_watches: []", "device#1.idr: {}"],
        schedule="lm1-c1UvNKQqa5mB4tYwHf0x",
    )


def philosophers(count: int = 3) -> Finding:
    """LM101: each has taken the fork at the left and waits for the one at the right."""
    s = Script("specs/dinner.py", "")
    names = ["kant", "hegel", "hume", "marx", "plato"][:count]
    for index, name in enumerate(names):
        s.at(name, ("eat", 14, None))
        s.down(name, 14, None, f"fork#{index + 1}.sem")
    waiting = []
    for index, name in enumerate(names):
        other = (index + 1) % count
        waiting.append(
            Waiting(
                thread=name,
                wants=f"fork#{other + 1}.sem",
                held_by=names[other],
                frame=Frame("eat", "specs/dinner.py:15", None),
                holds=[f"fork#{index + 1}.sem"],
                stack=[Frame("eat", "specs/dinner.py:15", None)],
            )
        )
    return Finding(
        rule="LM101",
        name="deadlock",
        message=f"{count} threads wait for each other for ever: each holds the fork at its left hand and asks for the "
        "one at its right.",
        threads=names,
        locks=[f"fork#{index + 1}.sem" for index in range(count)],
        objects=[f"fork#{index + 1}" for index in range(count)],
        thread_switches=switches(s.steps),
        minimal="proved",
        place=Frame("eat", "specs/dinner.py:15", None),
        stack=[Frame("eat", "specs/dinner.py:15", None)],
        steps=s.steps,
        waiting=waiting,
        state=[],
        schedule="lm1-AAECAwQF",
    )


def list_corruption() -> Finding:
    """LM306 after 64 steps of three threads: long, and most of it is looking."""
    s = Script()
    um, rm, close = "umount", "inotify_rm_watch", "close"
    s.at(um, ("inotify_unmount_inodes", 220, 568))
    s.do(um, 220, 568, "spin_lock(inode_lock)", takes="inode_lock")
    s.do(um, 221, 570, "list_first_entry(sb#1.s_inodes)", "= inode#1")
    for number in range(1, 5):
        node = f"inode#{number}"
        s.do(um, 221, 570, f"list_next_entry({node}, sb#1.s_inodes)", f"= inode#{number + 1}")
        s.do(um, 222, 581, f"atomic_read({node}.i_count)", "= 0" if number < 4 else "= 1")
        if number < 4:
            continue
        s.do(um, 224, 589, f"read {node}.i_state", "= 0")
        s.do(um, 229, 596, f"atomic_inc({node}.i_count)", "", f"{node}.i_count: 1 -> 2")
        s.do(um, 233, 601, f"atomic_read(inode#{number + 1}.i_count)", "= 0")
    s.do(um, 238, 614, "spin_unlock(inode_lock)", drops="inode_lock")
    s.at(rm, ("sys_inotify_rm_watch", 300, 1002), ("inotify_ignore", 196, 805))
    s.down(rm, 196, 805, "device#1.sem")
    s.do(rm, 197, 806, "idr_find(device#1.idr, 1)", "= watch#1")
    s.do(rm, 201, 184, "atomic_inc(watch#1.count)", "", "watch#1.count: 1 -> 2")
    s.do(rm, 202, 812, "read watch#1.inode", "= inode#4")
    s.up(rm, 203, 813, "device#1.sem")
    s.at(um, ("inotify_unmount_inodes", 240, 623))
    s.down(um, 240, 623, "inode#4.inotify_sem")
    s.do(um, 241, 625, "list_first_entry(inode#4.inotify_watches)", "= watch#1")
    s.do(um, 241, 625, "list_next_entry(watch#1, inode#4.inotify_watches)", "= NULL")
    s.do(um, 242, 626, "read watch#1.dev", "= device#1")
    s.down(um, 243, 627, "device#1.sem")
    call = ("inotify_unmount_inodes", 244, 629)
    queue = ("inotify_dev_queue_event", 130, 266)
    s.at(um, call, ("remove_watch", 168, 474), queue)
    s.do(um, 130, 266, "list_first_entry(device#1.events)", "= event#1")
    s.do(um, 131, 282, "read event#1.event.mask", "= MODIFY")
    s.do(um, 132, 293, "read device#1.event_count", "= 1")
    s.do(um, 132, 293, "read device#1.max_events", "= 4")
    s.do(um, 134, 297, "read device#1.event_count", "= 1")
    s.do(um, 134, 297, "read device#1.max_events", "= 4")
    s.at(um, call, ("remove_watch", 168, 474), ("inotify_dev_queue_event", 136, 300), ("kernel_event", 122, 210))
    s.do(um, 122, 210, "kmem_cache_alloc(event_cachep, GFP_KERNEL)", "= event#2", "event#2: allocated")
    s.do(um, 123, 217, "write event#2.event.wd", "= 1")
    s.do(um, 124, 218, "write event#2.event.mask", "= IGNORED")
    s.at(um, call, ("remove_watch", 168, 474), queue)
    s.do(um, 139, 306, "read device#1.event_count", "= 1")
    s.do(um, 139, 306, "device#1.event_count = 2", "", "device#1.event_count: 1 -> 2")
    s.do(
        um,
        141,
        308,
        "list_add_tail(event#2.list, device#1.events)",
        "",
        "device#1.events: [event#1] -> [event#1, event#2]",
    )
    s.do(um, 142, 309, "wake_up_interruptible(device#1.wq)")
    s.at(um, call, ("remove_watch", 169, 475), ("remove_watch_no_event", 160, 453))
    s.do(um, 160, 453, "list_del(watch#1.i_list)", "", "inode#4.inotify_watches: [watch#1] -> []")
    s.do(um, 161, 454, "list_del(watch#1.d_list)", "", "device#1.watches: [watch#1] -> []")
    s.do(um, 162, 456, "atomic_dec(user#1.inotify_watches)", "", "user#1.inotify_watches: 1 -> 0")
    s.do(um, 163, 457, "idr_remove(device#1.idr, 1)", "", "device#1.idr: {1: watch#1} -> {}")
    s.do(um, 117, 193, "atomic_dec_and_test(watch#1.count)", "= false", "watch#1.count: 2 -> 1")
    s.at(um, ("inotify_unmount_inodes", 245, 630))
    s.up(um, 245, 630, "device#1.sem")
    s.up(um, 246, 632, "inode#4.inotify_sem")
    s.at(close, ("inotify_release", 340, 762))
    s.down(close, 340, 762, "device#1.sem")
    s.do(close, 341, 764, "list_empty(device#1.watches)", "= true")
    s.up(close, 342, 765, "device#1.sem")
    s.down(close, 350, 782, "device#1.sem")
    s.do(close, 351, 783, "list_empty(device#1.events)", "= false")
    s.at(close, ("inotify_release", 352, 784), ("inotify_dev_event_dequeue", 154, 335))
    s.do(close, 154, 335, "list_first_entry(device#1.events)", "= event#1")
    s.do(close, 155, 320, "list_del(event#1.list)", "", "device#1.events: [event#1, event#2] -> [event#2]")
    s.do(close, 156, 322, "read device#1.event_count", "= 2")
    s.do(close, 156, 322, "device#1.event_count = 1", "", "device#1.event_count: 2 -> 1")
    s.do(close, 157, 326, "kmem_cache_free(event_cachep, event#1)", "", "event#1: freed")
    s.at(close, ("inotify_release", 353, 785))
    s.up(close, 353, 785, "device#1.sem")
    s.at(rm, ("sys_inotify_rm_watch", 300, 1002), ("inotify_ignore", 205, 815))
    s.down(rm, 205, 815, "inode#4.inotify_sem")
    s.down(rm, 206, 816, "device#1.sem")
    s.at(rm, ("sys_inotify_rm_watch", 300, 1002), ("inotify_ignore", 209, 821), ("remove_watch", 169, 475))
    s.do(rm, 160, 453, "list_del(watch#1.i_list)", code="list_del(watch.i_list)  # 453")
    return Finding(
        rule="LM306",
        name="list-corruption",
        message="watch#1.i_list is removed a second time: umount took it off inode#4.inotify_watches in step 38.",
        threads=[um, rm, close],
        locks=["inode#4.inotify_sem", "device#1.sem"],
        objects=["watch#1", "inode#4"],
        thread_switches=switches(s.steps),
        minimal="not-proved",
        place=frame("remove_watch_no_event", 160, 453),
        stack=s.steps[-1].stack,
        steps=s.steps,
        waiting=[],
        state=["watch#1: on no list, count 1", "device#1.events: [event#2]"],
        schedule="lm1-9sXkW2bR7dLq0ZpTnVyE4uGhJm6CfA3oI8",
    )


def race() -> Finding:
    """LM301: three steps are enough."""
    s = Script("specs/counter.py", "lib/counter.c")
    s.at("add", ("bump", 9, 20))
    s.do("add", 9, 20, "read counter#1.value", "= 0")
    s.at("show", ("dump", 15, 31))
    s.do("add", 9, 20, "counter#1.value = 1", "", "counter#1.value: 0 -> 1", code="counter.value += 1")
    s.do("show", 15, 31, "read counter#1.value", "= 1", code="return counter.value")
    return Finding(
        rule="LM301",
        name="data-race",
        message="add writes counter#1.value and show reads it, and no lock orders the two.",
        threads=["add", "show"],
        locks=[],
        objects=["counter#1"],
        thread_switches=switches(s.steps),
        minimal="proved",
        place=frame("bump", 9, 20, path="specs/counter.py", file="lib/counter.c"),
        stack=s.steps[-1].stack,
        steps=s.steps,
        waiting=[],
        state=[],
        schedule="lm1-Ab3",
    )


def scenario(
    name: str,
    verdict: str,
    *findings: Finding,
    threads: list[str] | None = None,
    complete: bool = True,
    reason: str | None = None,
    states: int = 0,
    transitions: int = 0,
    depth: int = 0,
    warnings: list[str] | None = None,
    bounds: list[str] | None = None,
    frontier: int = 0,
    unreached: list[str] | None = None,
) -> ScenarioResult:
    return ScenarioResult(
        name=name,
        verdict=verdict,
        complete=complete,
        reason=reason,
        states=states,
        transitions=transitions,
        depth=depth,
        seconds=0.123456789,
        engine="native",
        strategy="exhaustive",
        reductions=["persistent sets", "sleep sets"],
        threads=threads or ["rm_watch", "umount"],
        unreached=unreached or [],
        warnings=warnings or [],
        findings=list(findings),
        frontier=frontier,
        bounds=bounds or [],
    )


def verified() -> ScenarioResult:
    return scenario(
        "add_and_read",
        "verified",
        threads=["add_watch", "read"],
        states=18_204,
        transitions=40_511,
        depth=96,
        bounds=["at most 4 watches", "at most 8 events"],
    )


def incomplete() -> ScenarioResult:
    return scenario(
        "five_threads",
        "incomplete",
        threads=["add", "rm", "close", "umount", "prune"],
        complete=False,
        reason="--max-states 2000000 was reached",
        states=2_000_000,
        transitions=5_812_345,
        depth=61,
        frontier=311_020,
    )


def violated() -> ScenarioResult:
    return scenario(
        "rm_watch_umount",
        "violated",
        null_dereference(),
        states=4_310,
        transitions=8_977,
        depth=74,
        warnings=["thread rm_watch never runs to its end under any schedule"],
    )


def also_violated() -> ScenarioResult:
    """The same place as `violated`, after a longer way, and something of its own."""
    longer = null_dereference()
    steps = [*list_corruption().steps[:4], *longer.steps]
    same = Finding(**{**{name: getattr(longer, name) for name in longer.__struct_fields__}, "steps": steps})
    return scenario(
        "rm_watch_umount_close",
        "violated",
        same,
        list_corruption(),
        threads=["umount", "inotify_rm_watch", "close"],
        states=91_400,
        transitions=206_118,
        depth=131,
    )


def result(*scenarios: ScenarioResult, spec: str = SPEC, model: str = "inotify") -> CheckResult:
    return CheckResult(
        schema_version=1,
        lockmodel="0.1.0",
        spec=spec,
        model=model,
        design="2005",
        switches={"reclaim": False, "queue": 4},
        scenarios=list(scenarios),
        order=Order(
            edges=[OrderEdge("Inode.inotify_sem", "Device.sem", "specs/inotify.py:206", "fs/inotify.c:816")],
            cycles=[],
        ),
        unreached=[
            Unreached("statement", "kernel_event", "specs/inotify.py:124", "fs/inotify.c:212"),
            Unreached("statement", "inotify_dev_queue_event", "specs/inotify.py:133", "fs/inotify.c:286"),
            Unreached("statement", "inotify_dev_queue_event", "specs/inotify.py:134", "fs/inotify.c:287"),
            Unreached("statement", "inotify_dev_queue_event", "specs/inotify.py:140", None),
            Unreached("lock", "iprune_sem", "specs/inotify.py:18", None),
            Unreached("claim", "queue_is_bounded", "specs/inotify.py:402", None),
        ],
    )


def everything() -> CheckResult:
    return result(violated(), also_violated(), verified(), incomplete())


def crowd(rounds: int = 8) -> Finding:
    """LM303 with four threads and long names: what a layout breaks on. Ten steps a round."""
    s = Script("specs/storage_engine/buffer_pool_manager.py", "storage/innobase/buf/buffer_pool_manager.cc")
    threads = ["background_page_flusher", "user_session_1", "checkpoint_coordinator", "purge"]
    lock = "buffer_pool_instance#1.flush_list_mutex"
    for number in range(rounds):
        for index, thread in enumerate(threads[: 2 + number % 3]):
            other = f"buffer_page_descriptor#{index + 1}.block_mutex"
            s.at(thread, (f"{thread}_main_loop", 100 + index, 1000), ("buf_flush_try_neighbors_of_page", 140, 2210))
            s.down(thread, 141, 2211, lock)
            if index % 2 == 0:
                s.down(thread, 142, 2212, other)
                s.do(thread, 143, 2213, f"read buffer_page_descriptor#{index + 1}.oldest_modification_lsn", "= 7")
                s.do(
                    thread,
                    144,
                    2214,
                    f"atomic_inc(buffer_page_descriptor#{index + 1}.buf_fix_count)",
                    "",
                    f"buffer_page_descriptor#{index + 1}.buf_fix_count: {number} -> {number + 1}",
                )
                s.up(thread, 145, 2215, other)
            s.do(
                thread,
                146,
                2216,
                f"list_move_tail(buffer_page_descriptor#{index + 1}.flush_link, buffer_pool_instance#1.flush_list)",
                "",
                "buffer_pool_instance#1.flush_list: [buffer_page_descriptor#1, buffer_page_descriptor#2] -> "
                "[buffer_page_descriptor#2, buffer_page_descriptor#1]",
            )
            s.up(thread, 147, 2217, lock)
    s.do("purge", 150, 2230, "read buffer_page_descriptor#3.space_id", "", code="if page.space_id == space:  # 2230")
    place = s.steps[-1].stack[0]
    return Finding(
        rule="LM303",
        name="use-after-free",
        message="purge reads buffer_page_descriptor#3.space_id, which background_page_flusher freed.",
        threads=threads,
        locks=[lock],
        objects=["buffer_page_descriptor#3"],
        thread_switches=switches(s.steps),
        minimal="not-proved",
        place=place,
        stack=s.steps[-1].stack,
        steps=s.steps,
        waiting=[],
        state=["buffer_page_descriptor#3: freed by background_page_flusher in step 12, still on the flush list of "
               "buffer_pool_instance#1 and in the hash table that purge walks"],
        schedule="lm1-" + "Zz9" * 40,
    )  # fmt: skip
