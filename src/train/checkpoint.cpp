// SPDX-License-Identifier: Apache-2.0
// train/checkpoint.cpp   The file: a magic line, the SHA-256 of the rest in hex, a line of JSON, then the trainer's state and the best
// parameters as raw bytes, of the lengths that the JSON gives.
#include "train/checkpoint.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"

#include <nlohmann/json.hpp>

#include <cstring>

namespace qmn {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "qmn training state 2\n";
constexpr const char* kFileName = "training.state";

[[noreturn]] void fail_damaged(const fs::path& path) {
  fail_data("{}: the training state is damaged; start again with --restart", path.string());
}

}  // namespace

fs::path checkpoint_path(const fs::path& state_folder) { return state_folder / kFileName; }

void save_checkpoint(const Checkpoint& checkpoint, const fs::path& state_folder) {
  std::error_code error;
  fs::create_directories(state_folder, error);
  if (error) fail_data("{}: cannot make the folder for the training state: {}", state_folder.string(), error.message());
  const nlohmann::json header{{"fingerprint", checkpoint.fingerprint},
                              {"steps_done", checkpoint.steps_done},
                              {"best_step", checkpoint.best_step},
                              {"best_accuracy", checkpoint.best_accuracy},
                              {"best_loss", checkpoint.best_loss},
                              {"evaluations_since_best", checkpoint.evaluations_since_best},
                              {"start_accuracy", checkpoint.start_accuracy},
                              {"thresholds", checkpoint.thresholds},
                              {"best_thresholds", checkpoint.best_thresholds},
                              {"trainer_bytes", checkpoint.trainer_state.size()},
                              {"best_parameters", checkpoint.best_parameters.size()}};
  std::string body = header.dump() + "\n" + checkpoint.trainer_state;
  body.append(reinterpret_cast<const char*>(checkpoint.best_parameters.data()), checkpoint.best_parameters.size() * sizeof(float));
  try {
    write_file_atomic(checkpoint_path(state_folder), std::string(kMagic) + sha256_hex(body) + "\n" + body);
  } catch (...) {
    fs::remove(state_folder, error);  // where nothing was ever saved, no empty folder stays behind
    throw;
  }
}

std::optional<Checkpoint> load_checkpoint(const fs::path& state_folder, const std::string& fingerprint) {
  const fs::path path = checkpoint_path(state_folder);
  if (!fs::exists(path)) return std::nullopt;
  const std::string bytes = read_file(path);
  constexpr std::size_t kHashLength = 64;
  const std::size_t body_at = kMagic.size() + kHashLength + 1;
  if (!bytes.starts_with(kMagic) || bytes.size() < body_at || bytes[body_at - 1] != '\n') fail_damaged(path);
  const std::string body = bytes.substr(body_at);
  if (bytes.substr(kMagic.size(), kHashLength) != sha256_hex(body)) fail_damaged(path);

  const std::size_t header_end = body.find('\n');
  const nlohmann::json header = nlohmann::json::parse(body.substr(0, header_end), nullptr, false);
  Checkpoint checkpoint;
  std::size_t parameter_count = 0, trainer_bytes = 0;
  try {
    header.at("fingerprint").get_to(checkpoint.fingerprint);
    header.at("steps_done").get_to(checkpoint.steps_done);
    header.at("best_step").get_to(checkpoint.best_step);
    header.at("best_accuracy").get_to(checkpoint.best_accuracy);
    header.at("best_loss").get_to(checkpoint.best_loss);
    header.at("evaluations_since_best").get_to(checkpoint.evaluations_since_best);
    header.at("start_accuracy").get_to(checkpoint.start_accuracy);
    header.at("thresholds").get_to(checkpoint.thresholds);
    header.at("best_thresholds").get_to(checkpoint.best_thresholds);
    header.at("trainer_bytes").get_to(trainer_bytes);
    header.at("best_parameters").get_to(parameter_count);
  } catch (const nlohmann::json::exception&) {
    fail_damaged(path);
  }
  if (body.size() != header_end + 1 + trainer_bytes + parameter_count * sizeof(float)) fail_damaged(path);
  if (checkpoint.fingerprint != fingerprint) {
    fail_data("{}: this interrupted training was started with other settings or another data set; repeat its command line to resume, or give --restart to discard it",
              state_folder.string());
  }
  checkpoint.trainer_state = body.substr(header_end + 1, trainer_bytes);
  checkpoint.best_parameters.resize(parameter_count);
  std::memcpy(checkpoint.best_parameters.data(), body.data() + header_end + 1 + trainer_bytes, parameter_count * sizeof(float));
  return checkpoint;
}

}  // namespace qmn
