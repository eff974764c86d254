"""The user's file: never half written, never overwritten while someone has it, always one backup away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from workbook_samples import ENTRY, write_sample

from carbon_workbook.messages import CodedError
from carbon_workbook.workbook.package import open_package, read_sheet
from carbon_workbook.workbook.patch import patch
from carbon_workbook.workbook.safe_write import FOLDER, backups, replace_workbook, restore


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "mon [inventaire].v2.xlsx")


def write(path: Path, value: float) -> Path:
    package = open_package(path)
    return replace_workbook(package, patch(package, {ENTRY: {"E5": value}}))


def value(path: Path) -> object:
    return read_sheet(open_package(path), ENTRY).value("E5")


def refusal(path: Path) -> str:
    before = path.read_bytes()
    with pytest.raises(CodedError) as caught:
        write(path, 5.0)
    assert path.read_bytes() == before
    assert not (path.parent / FOLDER).exists()
    assert not list(path.parent.glob("*.ecriture"))
    return str(caught.value)


def test_a_backup_is_made_and_can_be_put_back(book: Path) -> None:
    first = book.read_bytes()
    kept = write(book, 1.0)
    assert kept.read_bytes() == first
    assert kept.parent == book.parent / FOLDER
    assert kept.name.startswith("mon [inventaire].v2.20")
    assert kept.name.endswith(".sauvegarde.xlsx")
    second = book.read_bytes()
    for number in range(2, 13):  # more than ten in one second: the order is not that of the letters
        write(book, float(number))
    assert len(backups(book)) == 12
    assert backups(book)[0] == kept
    assert restore(book) == backups(book)[11]
    assert value(book) == 11.0
    assert restore(book, kept) == kept
    assert book.read_bytes() == first
    restore(book, backups(book)[1])
    assert book.read_bytes() == second
    assert restore(book)  # restoring is itself undone by restoring
    assert book.read_bytes() == first


def test_a_deleted_workbook_is_restored(book: Path) -> None:
    first = book.read_bytes()
    write(book, 1.0)
    book.unlink()
    restore(book)
    assert book.read_bytes() == first


def test_without_a_backup_restore_says_so(book: Path) -> None:
    with pytest.raises(CodedError) as caught:
        restore(book)
    assert caught.value.message.code == "CW-422"


def test_a_file_open_in_excel_is_left_alone(book: Path) -> None:
    lock = book.with_name(f"~${book.name}")
    lock.write_bytes(b"\x0bJeanne Paul" + b" " * 43)
    assert "CW-420" in (said := refusal(book))
    assert "par Jeanne Paul" in said
    lock.unlink()
    book.with_name(f".~lock.{book.name}#").write_text(",x,y,z;")
    assert "CW-420" in refusal(book)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anything")
def test_a_read_only_file_is_left_alone(book: Path) -> None:
    book.chmod(0o444)
    assert "CW-420" in refusal(book)


def test_a_file_the_system_holds_is_left_alone(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Path.open

    def held(self: Path, mode: str = "r", *args: object, **kwargs: object) -> object:
        if mode == "r+b":
            raise PermissionError(13, "used by another process")
        return opened(self, mode, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", held)
    assert "CW-420" in refusal(book)


def test_a_file_changed_since_it_was_read_is_left_alone(book: Path) -> None:
    package = open_package(book)
    write(book, 3.0)
    now = book.read_bytes()
    with pytest.raises(CodedError) as caught:
        replace_workbook(package, patch(package, {ENTRY: {"E5": 4.0}}))
    assert caught.value.message.code == "CW-421"
    assert book.read_bytes() == now


def test_a_change_during_the_write_is_seen(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = open_package(book)
    changes = patch(package, {ENTRY: {"E5": 4.0}})
    real, flushed = os.fsync, []

    def meanwhile(handle: int) -> None:
        real(handle)
        flushed.append(handle)
        if len(flushed) == 3:  # backup, its folder, then the new file
            book.write_bytes(b"someone else's")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(CodedError) as caught:
        replace_workbook(package, changes)
    assert caught.value.message.code == "CW-421"
    assert book.read_bytes() == b"someone else's"
    assert not list(book.parent.glob(".*.ecriture"))


def test_what_a_killed_write_left_is_swept_later(book: Path) -> None:
    old, young = book.with_name(f".{book.stem}.a.ecriture"), book.with_name(f".{book.stem}.b.ecriture")
    for left in (old, young):
        left.write_bytes(b"x")
    os.utime(old, (1, 1))
    write(book, 1.0)
    assert (old.exists(), young.exists()) == (False, True)


def test_a_full_disk_leaves_the_file(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()
    package = open_package(book)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CodedError) as caught:
        replace_workbook(package, {})
    assert caught.value.message.code == "CW-423"
    assert book.read_bytes() == before
    assert not list(book.parent.rglob("*.ecriture"))


def test_the_mode_of_the_file_and_a_link_to_it_stay(book: Path) -> None:
    book.chmod(0o640)
    link = book.with_name("lien.xlsx")
    link.symlink_to(book)
    write(link, 6.0)
    assert link.is_symlink()
    assert value(book) == 6.0
    assert book.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_killed_at_200_instants_the_file_is_old_or_new(tmp_path: Path) -> None:
    book = write_sample(tmp_path / "f.xlsx")
    script = Path(__file__).with_name("kill_replace.py")
    done = subprocess.run(
        [sys.executable, str(script), str(book), "200"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    old, new = map(int, done.stdout.split())
    assert old + new == 200
    assert min(old, new) > 10
