// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include "base/error.h"
#include "support/file_size_limit.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <fstream>
#include <set>

namespace fs = std::filesystem;

namespace qmn {
namespace {

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

/// The message of the Error (data) that `body` throws.
std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << "one line";
    return error.what();
  }
  ADD_FAILURE() << "no Error was thrown";
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(File, WhatIsWrittenIsReadBack) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.bin";
  for (std::size_t size : {0u, 1u, 4096u, 1000003u}) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 37 % 256);
    write_file_atomic(path, bytes);
    EXPECT_EQ(read_file(path), bytes);
    EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"a.bin"}) << "no temporary stays";
  }
}

TEST(File, ReadErrorsNameThePathAndTheReason) {
  const TemporaryFolder folder;
  const fs::path missing = folder.path() / "missing.onnx";
  EXPECT_TRUE(contains(error_of([&] { read_file(missing); }), missing.string() + ": cannot open: No such file"));
  EXPECT_TRUE(contains(error_of([&] { read_file(folder.path()); }), "is a folder"));
  EXPECT_TRUE(contains(error_of([&] { read_file("/dev/null"); }), "no regular file"));
  write_file_atomic(folder.path() / "large", std::string(101, 'x'));
  EXPECT_TRUE(contains(error_of([&] { read_file(folder.path() / "large", 100); }), "101 bytes, at most 100"));
  EXPECT_EQ(read_file(folder.path() / "large", 101).size(), 101u);
}

TEST(File, WriteErrorsNameThePathAndLeaveNothing) {
  const TemporaryFolder folder;
  const fs::path inside = folder.path() / "no_such_folder" / "a.bin";
  EXPECT_TRUE(contains(error_of([&] { write_file_atomic(inside, "x"); }), inside.string()));
  EXPECT_TRUE(contains(error_of([&] { write_file_atomic(folder.path(), "x"); }), "is a folder"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(File, AWriteThatFailsHalfwayKeepsTheOlderFile) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "model.onnx";
  write_file_atomic(path, "the older model");
  {
    const testing::FileSizeLimit limit(10000);
    EXPECT_TRUE(contains(error_of([&] { write_file_atomic(path, std::string(100000, 'x')); }), path.string()));
  }
  EXPECT_EQ(read_file(path), "the older model");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"model.onnx"});
}

TEST(File, AFullDiskIsNamedAndLeavesNothing) {
  const TemporaryFolder folder;
  if (::mount("none", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "mounting a small disk needs root";
  const fs::path path = folder.path() / "model.onnx";
  write_file_atomic(path, "the older model");
  const std::string message = error_of([&] { write_file_atomic(path, std::string(1 << 20, 'x')); });
  const std::string kept = read_file(path);
  const std::set<std::string> names = names_in(folder.path());
  ::umount(folder.path().c_str());
  EXPECT_TRUE(contains(message, path.string() + ": cannot write: the disk is full")) << message;
  EXPECT_EQ(kept, "the older model");
  EXPECT_EQ(names, std::set<std::string>{"model.onnx"});
}

TEST(AtomicFolder, AppearsOnlyWhenCommitted) {
  const TemporaryFolder folder;
  const fs::path final_path = folder.path() / "firmware";
  {
    AtomicFolder output(final_path, "marker.txt");
    write_file_atomic(output.path() / "marker.txt", "qmn");
    write_file_atomic(output.path() / "net.c", "int x;");
    EXPECT_FALSE(fs::exists(final_path));
    output.commit();
  }
  EXPECT_EQ(names_in(final_path), (std::set<std::string>{"marker.txt", "net.c"}));
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"firmware"});
}

TEST(AtomicFolder, WithoutACommitNothingChanges) {
  const TemporaryFolder folder;
  const fs::path final_path = folder.path() / "firmware";
  fs::create_directory(final_path);
  write_file_atomic(final_path / "marker.txt", "older");
  try {
    AtomicFolder output(final_path, "marker.txt");
    write_file_atomic(output.path() / "half.c", "int");
    throw std::runtime_error("on the way");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(read_file(final_path / "marker.txt"), "older");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"firmware"});
}

TEST(AtomicFolder, ReplacesItsOwnFoldersAndEmptyOnesAlone) {
  const TemporaryFolder folder;
  const fs::path ours = folder.path() / "ours", empty = folder.path() / "empty", foreign = folder.path() / "foreign",
                 file = folder.path() / "file";
  for (const fs::path& path : {ours, empty, foreign}) fs::create_directory(path);
  write_file_atomic(ours / "marker.txt", "older");
  write_file_atomic(ours / "stale.c", "older");
  write_file_atomic(foreign / "thesis.tex", "years of work");
  write_file_atomic(file, "a file");
  for (const fs::path& path : {ours, empty}) {
    AtomicFolder output(path, "marker.txt");
    write_file_atomic(output.path() / "marker.txt", "newer");
    output.commit();
    EXPECT_EQ(names_in(path), std::set<std::string>{"marker.txt"});
    EXPECT_EQ(read_file(path / "marker.txt"), "newer");
  }
  EXPECT_TRUE(contains(error_of([&] { AtomicFolder(foreign, "marker.txt"); }), "was not made by qmn"));
  EXPECT_EQ(read_file(foreign / "thesis.tex"), "years of work");
  EXPECT_TRUE(contains(error_of([&] { AtomicFolder(file, "marker.txt"); }), "no folder"));
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"empty", "file", "foreign", "ours"}));
}

TEST(AtomicFolder, ATrailingSlashAndMissingParentsAreFine) {
  const TemporaryFolder folder;
  AtomicFolder output((folder.path() / "a" / "b" / "firmware/").string(), "marker.txt");
  write_file_atomic(output.path() / "marker.txt", "qmn");
  output.commit();
  EXPECT_EQ(read_file(folder.path() / "a" / "b" / "firmware" / "marker.txt"), "qmn");
}

}  // namespace
}  // namespace qmn
