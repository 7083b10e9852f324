"""LibreOfficeKit (LibreOffice/include/LibreOfficeKit/LibreOfficeKit.h, stable C structures) by ctypes.

LibreOffice starts once, in the process that calls are copied from, without threads of its own (`unipoll`). Its main loop
never returns, so it gets a stack of its own: when it has nothing to do it calls what it was given as its poll function, which is
`setcontext(3)`, and that leaves it standing there and goes on where `start` was. Each copy then converts in that same thread, by a
macro of ours, since LibreOfficeKit itself opens a window for each document.
"""

import ctypes
import mmap
import os
import signal
import tempfile

from . import office_profile, office_samples

# Members of struct _LibreOfficeKitClass, by their place.
_SIZE, _RUN_MACRO, _RUN_LOOP = 0, 11, 13
_STACK = 8 << 20
# struct ucontext_t of glibc on x86-64 and aarch64: flags, link, stack {base, flags, size}.
_CONTEXT, _LINK, _BASE, _LENGTH = 8192, 8, 16, 32
_SECONDS_TO_START = 30
_MACRO = "macro:///Standard.Crank.Convert(%s)"

_pointer, _text = ctypes.c_void_p, ctypes.c_char_p
_kept = []  # what LibreOffice's side stands on
_folders = []  # that it made for itself and believes in: a call's /tmp is empty
_office = None


class ConversionFailed(Exception):
    pass


def works(program):
    """Tries it in a process of its own: a library that crashes must not take the service with it."""
    pid = os.fork()
    if pid == 0:
        try:
            signal.alarm(_SECONDS_TO_START)
            start(program)
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def start(program):
    """Loads LibreOffice, and its filters by converting small documents. ``program``: the folder with libmergedlo.so."""
    global _office
    home, before = tempfile.mkdtemp(prefix="office-"), os.environ.get("TMPDIR", "/tmp")
    os.environ.update(SAL_USE_VCLPLUGIN="svp", SAL_LOK_OPTIONS="unipoll", SAL_LOG="-INFO-WARN", TMPDIR=home)
    profile = office_profile.write(os.path.join(home, "profile"), program)
    library = ctypes.CDLL(os.path.join(program, "libmergedlo.so"), mode=ctypes.RTLD_GLOBAL)
    hook = library.libreofficekit_hook_2
    hook.restype, hook.argtypes = _pointer, (_text, _text)
    _office = hook(program.encode(), profile.encode())
    if not _office or _members()[_SIZE] <= _RUN_LOOP * ctypes.sizeof(_pointer):
        raise OSError("LibreOffice does not start, or is older than 6.3")
    _run_until_idle()
    _wait_from_now_on(library)
    os.environ["TMPDIR"] = before
    office_samples.convert_all(convert)
    for folder, inner, _ in os.walk(home):
        if "profile" in inner:
            inner.remove("profile")
        _folders.append(folder)


def convert(given, reader, out, writer):
    """``reader`` and ``writer``: (name of LibreOffice's filter, its options). Raises ConversionFailed."""
    for folder in _folders:
        os.makedirs(folder, exist_ok=True)
    words = ["file://%s" % given, *reader, "file://%s" % out, *writer]
    call = _MACRO % ",".join('"%s"' % word for word in words)  # names and options of our own: no quotes in them
    run = ctypes.CFUNCTYPE(ctypes.c_int, _pointer, _text)(_members()[_RUN_MACRO])
    done = run(_office, call.encode())
    why = "%s.why" % out
    if os.path.exists(why):
        with open(why, encoding="utf-8", errors="replace") as file:
            raise ConversionFailed(" ".join(file.read().split())[:300])
    if not done:
        raise ConversionFailed("its macro did not run")


def _members():
    """The function pointers of LibreOffice: its first member points to them."""
    table = ctypes.cast(_office, ctypes.POINTER(_pointer))[0]
    return ctypes.cast(table, ctypes.POINTER(_pointer))


def _run_until_idle():
    libc = ctypes.CDLL(None)
    here, there = ctypes.create_string_buffer(_CONTEXT), ctypes.create_string_buffer(_CONTEXT)
    stack = mmap.mmap(-1, _STACK)
    _kept.extend((here, there, stack))
    libc.getcontext(there)
    for at, value in ((_LINK, 0), (_BASE, ctypes.addressof(ctypes.c_char.from_buffer(stack))), (_LENGTH, _STACK)):
        ctypes.c_uint64.from_buffer(there, at).value = value
    # runLoop(office, poll = setcontext, wake = abs, data = here): poll(data) is setcontext(here), and waking does nothing.
    run_loop = _pointer(_members()[_RUN_LOOP])
    poll, wake = ctypes.cast(libc.setcontext, _pointer), ctypes.cast(libc.abs, _pointer)
    libc.makecontext(there, run_loop, 4, _pointer(_office), poll, wake, ctypes.cast(here, _pointer))
    libc.swapcontext(here, there)


def _wait_from_now_on(library):
    """Loading may look for events meanwhile, and the place to go back to is no more: it then waits, by `usleep(3)`, for 1000 µs."""
    libc = ctypes.CDLL(None)
    # vcl::lok::registerPollCallbacks(int (*)(void*, int), void (*)(void*), void*)
    register = library._ZN3vcl3lok21registerPollCallbacksEPFiPviEPFvS1_ES1_
    register.restype, register.argtypes = None, (_pointer, _pointer, _pointer)
    register(ctypes.cast(libc.usleep, _pointer), ctypes.cast(libc.abs, _pointer), 1000)
