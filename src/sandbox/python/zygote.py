"""A warm interpreter that forks a child for each job and never runs a program itself; or, for a language that works in
turn, that does one job after the other, confined for good before the first.

Frames on both pipes: a length (4 bytes, little endian) and that many bytes of JSON; a reply whose JSON says
`"bytes": n` is followed by n more bytes, the output of the child, which nobody here looks into.

The first frame holds the settings: the modules of the language (`warm()` once, `run(job, write)` in each child), the
limits, and the numbers and the filter that confine a child.
"""

import ctypes
import gc
import json
import os
import resource
import select
import shutil
import signal
import struct
import sys
import time
import types

REQUESTS, REPLIES = 3, 4
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWPID = 0x20000000
F_SETPIPE_SZ = 1031
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 1, 4, 38, 22


def read_exactly(count):
    parts = []
    while count:
        part = os.read(REQUESTS, count)
        if not part:
            os._exit(0)
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def receive():
    return json.loads(read_exactly(struct.unpack("<I", read_exactly(4))[0]))


def send(header, body=()):
    head = json.dumps(header).encode()
    write_all(REPLIES, struct.pack("<I", len(head)) + head)
    for part in body:
        write_all(REPLIES, part)


def write_all(fd, data):
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def load(modules):
    """Modules by name, each from its source; the last one is the language."""
    for name, source in modules:
        module = types.ModuleType(name)
        module.__file__ = f"<{name}>"
        sys.modules[name] = module
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)
    return module


def hide(modules):
    """Programs do not find our modules by name."""
    for name, _ in modules:
        sys.modules.pop(name, None)


def limit(settings, job, seconds):
    soft = {
        resource.RLIMIT_AS: job["space"],
        resource.RLIMIT_FSIZE: settings["file"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 128,
    }
    if seconds is not None:
        soft[resource.RLIMIT_CPU] = int(seconds) + 1
    for kind, value in soft.items():
        resource.setrlimit(kind, (value, value))


def confine(settings):
    """Drops what this process may still do. Nothing of it can be undone."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    drop_capabilities(settings["numbers"])
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        os._exit(70)
    if settings["filter"]:
        code = ctypes.create_string_buffer(settings["filter"], len(settings["filter"]))
        program = struct.pack("HxxxxxxP", len(settings["filter"]) // 8, ctypes.addressof(code))
        if LIBC.prctl(PR_SET_SECCOMP, 2, program, 0, 0):
            os._exit(71)


def drop_capabilities(numbers):
    LIBC.syscall(numbers["capset"], struct.pack("<Ii", 0x20080522, 0), bytes(24))


def confine_all_threads(settings):
    """What `confine` does, for a process whose language has started threads: the filter is put on every one."""
    if LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        os._exit(70)
    if settings["filter"]:
        code = ctypes.create_string_buffer(settings["filter"], len(settings["filter"]))
        program = struct.pack("HxxxxxxP", len(settings["filter"]) // 8, ctypes.addressof(code))
        set_filter, on_all_threads = 1, 1
        if LIBC.syscall(settings["numbers"]["seccomp"], set_filter, on_all_threads, program):
            os._exit(71)


def in_turn(language, settings):
    """Does jobs here until the pipe ends. Whoever started this process keeps the time."""
    folder, first = os.path.join(settings["scratch"], "job"), None
    while True:
        job = receive()
        if first is None:
            first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            limit(settings, job, None)
            confine_all_threads(settings)
        shutil.rmtree(folder, ignore_errors=True)
        os.mkdir(folder)
        os.chdir(folder)
        before = resource.getrusage(resource.RUSAGE_SELF)
        parts = []
        try:
            language.run(job["job"], parts.append)
        except BaseException:
            os._exit(72)
        after = resource.getrusage(resource.RUSAGE_SELF)
        shutil.rmtree(folder, ignore_errors=True)
        size = sum(map(len, parts))
        header = {
            "id": job["id"],
            "verdict": "done" if size <= settings["output"] else "flood",
            "signal": 0,
            "code": 0,
            "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "tired": (after.ru_maxrss - first) * 1024 > settings["memory"] // 2,
            "bytes": size if size <= settings["output"] else 0,
        }
        send(header, parts if header["bytes"] else [])


def child(language, settings, job, out):
    """Runs one job and leaves; never returns."""
    try:
        os.close(REQUESTS)
        os.close(REPLIES)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.close(null)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        limit(settings, job, job["seconds"])
        confine(settings)
        language.run(job["job"], lambda data: write_all(out, data))
    except BaseException:
        os._exit(72)
    os._exit(0)


def own_process_namespace(settings):
    """The next child is the first process of a namespace of its own; when it dies, so does all that it started."""
    if not settings["namespaces"]:
        return
    own = os.pidfd_open(os.getpid())
    LIBC.setns(own, CLONE_NEWPID)
    os.close(own)
    if LIBC.unshare(CLONE_NEWPID):
        raise OSError(ctypes.get_errno(), "unshare")


def collect(source, pid, deadline, most):
    """The output of the child, and how it ended: `done`, `late` or `flood`."""
    parts, size, verdict = [], 0, "done"
    handle = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(source, select.POLLIN)
    poll.register(handle, select.POLLIN)
    open_ends = 2
    while open_ends:
        left = deadline - time.monotonic()
        events = poll.poll(max(left, 0) * 1000) if left > 0 else []
        if not events:
            verdict = "late"
            break
        ready = [fd for fd, _ in events]
        if source in ready:
            data = os.read(source, 1 << 20)
            size += len(data)
            parts.append(data)
            if not data:
                poll.unregister(source)
                open_ends -= 1
            if size > most:
                verdict = "flood"
                break
        elif handle in ready:
            # What it has written before it ended is still to be read; nobody else holds the other end for long.
            poll.unregister(handle)
            open_ends -= 1
    os.kill(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    os.close(handle)
    os.close(source)
    return parts, size, verdict, status, usage


def sweep(folder):
    """Whatever a program left behind."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)


def serve(language, settings, job):
    deadline = time.monotonic() + job["seconds"]
    sweep(settings["scratch"])
    folder = os.path.join(settings["scratch"], "job")
    os.mkdir(folder)
    source, out = os.pipe()
    LIBC.fcntl(out, F_SETPIPE_SZ, 1 << 20)
    own_process_namespace(settings)
    pid = os.fork()
    if pid == 0:
        os.close(source)
        os.chdir(folder)
        child(language, settings, job, out)
    os.close(out)
    parts, size, verdict, status, usage = collect(source, pid, deadline, settings["output"])
    signalled = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
    if verdict != "done":
        parts, size = [], 0
    header = {
        "id": job["id"],
        "verdict": verdict,
        "signal": signalled,
        "code": code,
        "cpu": usage.ru_utime + usage.ru_stime,
        "bytes": size,
    }
    send(header, parts)


def main():
    settings = receive()
    # Pictures are megabytes.
    LIBC.fcntl(REPLIES, F_SETPIPE_SZ, 1 << 20)
    settings["filter"] = bytes.fromhex(settings["filter"])
    if settings["in_turn"]:
        # Before there are threads, each of which would keep its own.
        drop_capabilities(settings["numbers"])
    language = load(settings["modules"])
    about = language.warm()
    hide(settings["modules"])
    gc.collect()
    gc.freeze()
    send({"about": about, "bytes": 0})
    if settings["in_turn"]:
        in_turn(language, settings)
    while True:
        job = receive()
        serve(language, settings, job)


main()
