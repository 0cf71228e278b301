"""Makes one universal file of those that macOS loads on one processor each.

PyYAML's bindings for Intel's and Apple's processors have one name, so that a folder has room for one of them. The
format is Apple's: `fat_header` and `fat_arch` of <mach-o/fat.h>, in big-endian order, and `mach_header_64` of
<mach-o/loader.h>. On macOS `lipo -create` does the same.
"""

from __future__ import annotations

import struct

FAT_MAGIC = 0xCAFEBABE
FAT_HEADER, FAT_ARCH = struct.Struct(">2I"), struct.Struct(">5I")
THIN_MAGIC = struct.pack("<I", 0xFEEDFACF)
CPU = struct.Struct("<2I")
ALIGN = 14
"""Two to this power is a page on Apple's processors: each slice begins with one."""


def universal(*thin: bytes) -> bytes:
    """Return the universal file of Mach-O files: the same bytes in whatever order they are given.

    Raises ValueError where one is no such file, or two are for one processor.
    """
    slices = {processor(each): each for each in thin}
    if len(slices) < len(thin):
        message = "two Mach-O files for one processor"
        raise ValueError(message)
    header, body = FAT_HEADER.pack(FAT_MAGIC, len(slices)), b""
    end = FAT_HEADER.size + FAT_ARCH.size * len(slices)
    for (kind, subtype), content in sorted(slices.items()):
        start = -(-end >> ALIGN) << ALIGN
        header += FAT_ARCH.pack(kind, subtype, start, len(content), ALIGN)
        body += bytes(start - end) + content
        end = start + len(content)
    return header + body


def processor(thin: bytes) -> tuple[int, int]:
    """Return the type and subtype of the processor that a Mach-O file is for."""
    if not thin.startswith(THIN_MAGIC):
        message = "no Mach-O file of 64 bits for one processor"
        raise ValueError(message)
    kind, subtype = CPU.unpack_from(thin, len(THIN_MAGIC))
    return kind, subtype
