// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "support/expect_error.h"
#include "support/file_size_limit.h"
#include "support/temporary_folder.h"
#include "train/checkpoint.h"

#include <gtest/gtest.h>

namespace qmn {
namespace {

const Checkpoint kCheckpoint{.fingerprint = "abc",
                             .steps_done = 1200,
                             .best_step = 800,
                             .best_accuracy = 0.1 + 0.2,
                             .best_loss = 1.0 / 3.0,
                             .evaluations_since_best = 2,
                             .start_accuracy = 2.0 / 3.0,
                             .trainer_state = std::string("state\n\0with bytes", 17),
                             .best_parameters = {1.5f, -0.1f, 3e-30f},
                             .thresholds = {7, 1.0 / 3.0, -1e-300},
                             .best_thresholds = {3, 0.1}};

TEST(Checkpoint, ComesBackExactly) {
  const TemporaryFolder folder;
  const auto state = folder.path() / "model.state";
  EXPECT_FALSE(load_checkpoint(state, "abc").has_value());
  save_checkpoint({.fingerprint = "abc"}, state);
  save_checkpoint(kCheckpoint, state);
  const auto loaded = load_checkpoint(state, "abc");
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->steps_done, kCheckpoint.steps_done);
  EXPECT_EQ(loaded->best_step, kCheckpoint.best_step);
  EXPECT_EQ(loaded->best_accuracy, kCheckpoint.best_accuracy);
  EXPECT_EQ(loaded->best_loss, kCheckpoint.best_loss);
  EXPECT_EQ(loaded->evaluations_since_best, kCheckpoint.evaluations_since_best);
  EXPECT_EQ(loaded->trainer_state, kCheckpoint.trainer_state);
  EXPECT_EQ(loaded->best_parameters, kCheckpoint.best_parameters);
  EXPECT_EQ(loaded->start_accuracy, kCheckpoint.start_accuracy);
  EXPECT_EQ(loaded->thresholds, kCheckpoint.thresholds);
  EXPECT_EQ(loaded->best_thresholds, kCheckpoint.best_thresholds);
}

TEST(Checkpoint, OtherSettingsAreRefusedAndTheWayOutIsNamed) {
  const TemporaryFolder folder;
  save_checkpoint(kCheckpoint, folder.path());
  testing::expect_error(ErrorKind::data, {folder.path().string(), "other settings", "--restart"}, [&] { load_checkpoint(folder.path(), "other"); });
}

TEST(Checkpoint, EveryDamageIsSeen) {
  const TemporaryFolder folder;
  save_checkpoint(kCheckpoint, folder.path());
  const auto path = checkpoint_path(folder.path());
  const std::string bytes = read_file(path);
  for (std::size_t at = 0; at < bytes.size(); at += at < 100 ? 1 : 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write_file_atomic(path, damaged);
    testing::expect_error(ErrorKind::data, {path.string(), "damaged"}, [&] { load_checkpoint(folder.path(), "abc"); });
    write_file_atomic(path, bytes.substr(0, at));
    testing::expect_error(ErrorKind::data, {path.string(), "damaged"}, [&] { load_checkpoint(folder.path(), "abc"); });
  }
}

TEST(Checkpoint, ASaveThatFailsLeavesNoFolderBehindAndKeepsAnOlderState) {
  const TemporaryFolder folder;
  const auto state = folder.path() / "model.state";
  const auto save_on_a_full_disk = [&] {
    const testing::FileSizeLimit limit(10);
    testing::expect_error(ErrorKind::data, {state.string(), "cannot write"}, [&] { save_checkpoint(kCheckpoint, state); });
  };
  save_on_a_full_disk();
  EXPECT_FALSE(std::filesystem::exists(state));
  save_checkpoint(kCheckpoint, state);
  save_on_a_full_disk();
  EXPECT_TRUE(load_checkpoint(state, "abc").has_value());
}

}  // namespace
}  // namespace qmn
