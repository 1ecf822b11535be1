#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hostile_archives.py FOLDER: archives that are right, and those that try to write outside of where they are unpacked."""
import io
import os
import sys
import tarfile
import zipfile

folder = sys.argv[1]


def tar(name, entries, mode="w"):
    with tarfile.open(os.path.join(folder, name), mode) as archive:
        for path, kind, value in entries:
            info = tarfile.TarInfo(path)
            info.type = kind
            data = None
            if kind == tarfile.REGTYPE:
                data = io.BytesIO(value)
                info.size = len(value)
            else:
                info.linkname = value or ""
            archive.addfile(info, data)


FILE, FOLDER, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
tar("good.tar.gz", [("./yes", FOLDER, None), ("./yes/a.wav", FILE, b"abc"), ("./no/b.wav", FILE, b"x" * 100000), ("./README.md", FILE, b"hi"), ("yes/same.wav", HARD, "./yes/a.wav"),
                    ("no/up.wav", LINK, "../yes/a.wav")], "w:gz")
tar("good.tar", [("yes/a.wav", FILE, b"abc")])
tar("absolute.tar", [("/tmp/qmn-escaped", FILE, b"x")])
tar("dotdot.tar", [("yes/../../qmn-escaped", FILE, b"x")])
tar("dotdot_folder.tar", [("../qmn-escaped", FOLDER, None)])
tar("link_absolute.tar", [("yes", LINK, "/tmp")])
tar("link_out.tar", [("yes/a", LINK, "../../outside")])
tar("link_late.tar", [("d/a", LINK, ".."), ("d/b", LINK, "a/../../outside")])
tar("through_link.tar", [("inner/x", FILE, b"x"), ("yes", LINK, "inner"), ("yes/a.wav", FILE, b"x")])
tar("over_link.tar", [("a", FILE, b"x"), ("b", LINK, "a"), ("b", FILE, b"y")])
tar("hard_out.tar", [("a", HARD, "../../etc/hostname")])
tar("hard_absolute.tar", [("a", HARD, "/etc/hostname")])
tar("hard_to_link.tar", [("a", FILE, b"x"), ("b", LINK, "a"), ("c", HARD, "b")])
tar("pipe.tar", [("a", tarfile.FIFOTYPE, None)])
tar("device.tar", [("a", tarfile.CHRTYPE, None)])
tar("twice.tar", [("a", FILE, b"x"), ("a", FILE, b"y")])
tar("file_as_folder.tar", [("a", FILE, b"x"), ("a/b", FILE, b"y")])
tar("large.tar", [("a", FILE, b"x" * 2000)])
tar("empty.tar", [])
with zipfile.ZipFile(os.path.join(folder, "good.zip"), "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("yes/a.wav", b"abc")
with zipfile.ZipFile(os.path.join(folder, "dotdot.zip"), "w") as archive:
    archive.writestr("../qmn-escaped", b"abc")
whole = open(os.path.join(folder, "good.tar.gz"), "rb").read()
open(os.path.join(folder, "cut.tar.gz"), "wb").write(whole[: len(whole) // 2])
open(os.path.join(folder, "text.tar"), "wb").write(b"no archive at all\n" * 100)
