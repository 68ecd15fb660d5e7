"""LibreOffice inside this process, through its C interface (LibreOfficeKit): a deck in, a PDF out."""

import ctypes
import json
import os

POINTERS = ctypes.POINTER(ctypes.c_void_p)
# Positions in the tables of functions; both only ever grow at their ends.
KIT_LOAD, KIT_ERROR, KIT_VERSION = 4, 3, 10
DOCUMENT_DESTROY, DOCUMENT_SAVE = 1, 2


class Kit:
    def __init__(self, program, profile):
        """Starts the office of the folder `program` with an empty profile of its own."""
        library = ctypes.CDLL(os.path.join(program, "libmergedlo.so"), mode=ctypes.RTLD_GLOBAL)
        hook = library.libreofficekit_hook_2
        hook.restype, hook.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
        self.this = hook(program.encode(), b"file://" + profile.encode())
        if not self.this:
            raise RuntimeError("LibreOffice does not start")
        self.load = function(self.this, KIT_LOAD, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
        self.error = function(self.this, KIT_ERROR, ctypes.c_char_p)

    def version(self):
        """As people know it: `7.4.7.2`."""
        told = json.loads(function(self.this, KIT_VERSION, ctypes.c_char_p)(self.this) or b"{}")
        return told.get("ProductVersion", "?") + told.get("ProductExtension", "")

    def convert(self, source, target):
        """Writes the deck at `source` as a PDF to `target`; what is wrong, or None."""
        document = self.load(self.this, b"file://" + source.encode(), b"Batch=true")
        if not document:
            return (self.error(self.this) or b"").decode(errors="replace") or "LibreOffice cannot read the deck"
        save = function(document, DOCUMENT_SAVE, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p)
        try:
            saved = save(document, b"file://" + target.encode(), b"pdf", b"")
            return None if saved else (self.error(self.this) or b"").decode(errors="replace") or "LibreOffice cannot draw the deck"
        finally:
            function(document, DOCUMENT_DESTROY, None)(document)


def function(owner, at, result, *arguments):
    """Function `at` of an object whose first word points to its table; the object is the first argument."""
    table = ctypes.cast(ctypes.cast(owner, POINTERS)[0], POINTERS)
    return ctypes.CFUNCTYPE(result, ctypes.c_void_p, *arguments)(table[at])
