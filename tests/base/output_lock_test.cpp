// SPDX-License-Identifier: Apache-2.0
#include "base/output_lock.h"

#include "base/error.h"
#include "base/file.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>

namespace fs = std::filesystem;

namespace qmn {
namespace {

TEST(OutputLock, IsHeldByOneUntilItEnds) {
  const TemporaryFolder folder;
  const fs::path output = folder.path() / "net.onnx";
  {
    const OutputLock first(output);
    try {
      const OutputLock second(output);
      FAIL() << "two hold it";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("net.onnx: another qmn is making it"), std::string::npos) << error.what();
      EXPECT_EQ(error.kind(), ErrorKind::data);
    }
    EXPECT_NO_THROW(OutputLock(folder.path() / "other.onnx"));
  }
  EXPECT_NO_THROW(OutputLock{output});
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(OutputLock, SweepsWhatKilledWritersOfTheSameOutputLeft) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / ".net.123.partial" / "deeper");
  for (const char* name : {".net.124.partial", ".net.x1.partial", ".nets.123.partial", "net.123.partial", ".net.lock"}) write_file_atomic(folder.path() / name, "");
  { const OutputLock lock(folder.path() / "net/"); }
  for (const char* name : {".net.123.partial", ".net.124.partial", ".net.lock"}) EXPECT_FALSE(fs::exists(folder.path() / name)) << name;
  for (const char* name : {".net.x1.partial", ".nets.123.partial", "net.123.partial"}) EXPECT_TRUE(fs::exists(folder.path() / name)) << name;
}

TEST(OutputLock, WhereNoneCanBeHadTheWriteSaysWhy) {
  const TemporaryFolder folder;
  EXPECT_NO_THROW(OutputLock(folder.path() / "missing" / "net.onnx"));
}

TEST(OutputLock, OfAFolderThatIsBeingMade) {
  const TemporaryFolder folder;
  AtomicFolder first(folder.path() / "firmware", "marker");
  EXPECT_THROW(AtomicFolder(folder.path() / "firmware", "marker"), Error);
  write_file_atomic(first.path() / "marker", "");
  first.commit();
  EXPECT_TRUE(fs::exists(folder.path() / "firmware" / "marker"));
}

}  // namespace
}  // namespace qmn
