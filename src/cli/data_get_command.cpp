// SPDX-License-Identifier: Apache-2.0
// cli/data_get_command.cpp   qmn data get: a published data set, downloaded, checked and unpacked.
#include "cli/data_get_command.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "cli/common.h"
#include "data/download.h"
#include "data/unpack.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>

namespace fs = std::filesystem;

namespace qmn::cli {
namespace {

struct PublishedSet {
  const char* name;
  const char* sha256;
  std::uint64_t size_bytes;
  std::array<const char*, 2> urls;
};

// Speech Commands (Warden 2018, arXiv 1804.03209). The SHA-256 are those of torchaudio/datasets/speechcommands.py; no public source has a size of v0.01.
constexpr std::array<PublishedSet, 2> kSets{
    {{"speech-commands",
      "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
      2428923189,
      {"https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz", "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"}},
     {"speech-commands-v1",
      "743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d",
      0,
      {"https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.01.tar.gz", "http://download.tensorflow.org/data/speech_commands_v0.01.tar.gz"}}}};

constexpr const char* kMarker = "qmn-download.json";
constexpr const char* kNoCheck = "none";

struct Options {
  std::string set, folder;
  std::vector<std::string> urls;
  std::string sha256;
  int stall_seconds = 30, attempts = 5;
  bool keeps_archive = false, is_replaced = false;
  OutputOptions output;
};

const PublishedSet& set_named(const std::string& name) {
  std::vector<std::string> names;
  for (const PublishedSet& set : kSets) {
    if (name == set.name) return set;
    names.emplace_back(set.name);
  }
  fail_usage("{}: no data set of that name (there are {})", name, fmt::join(names, ", "));
}

DownloadSettings settings_of(const Options& options, const fs::path& archive) {
  const PublishedSet& set = set_named(options.set);
  DownloadSettings settings{.urls = options.urls, .file = archive, .sha256 = set.sha256, .size_bytes = set.size_bytes, .is_quiet = options.output.is_quiet};
  if (settings.urls.empty()) settings.urls.assign(set.urls.begin(), set.urls.end());
  if (!options.sha256.empty()) {  // another version
    settings.size_bytes = 0;
    settings.sha256 = options.sha256 == kNoCheck ? "" : options.sha256;
    std::transform(settings.sha256.begin(), settings.sha256.end(), settings.sha256.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool is_digest = settings.sha256.size() == 64 && settings.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!settings.sha256.empty() && !is_digest) fail_usage("--sha256 {}: must be 64 hex digits, or {}", options.sha256, kNoCheck);
  }
  if (options.stall_seconds < 1) fail_usage("--stall_seconds {}: must be at least 1", options.stall_seconds);
  if (options.attempts < 1) fail_usage("--attempts {}: must be at least 1", options.attempts);
  settings.stall_timeout = std::chrono::seconds(options.stall_seconds);
  settings.attempts = options.attempts;
  return settings;
}

/// An archive that a former run has brought whole needs no network.
DownloadResult fetched(const DownloadSettings& settings) {
  std::error_code ignored;
  if (fs::is_regular_file(settings.file, ignored)) {
    const std::string sha256 = sha256_file_hex(settings.file);
    if (settings.sha256.empty() || sha256 == settings.sha256) {
      const std::uint64_t bytes = fs::file_size(settings.file, ignored);
      return {.url = settings.file.string(), .size_bytes = bytes, .resumed_from = bytes, .sha256 = sha256};
    }
    fail_data("{}: its bytes have the SHA-256 {}, not {}; remove it, and the same command downloads it again", settings.file.string(), sha256, settings.sha256);
  }
  return download(settings);
}

void run_get(const Options& options) {
  fs::path folder = options.folder;
  if (folder.filename().empty()) folder = folder.parent_path();
  const DownloadSettings settings = settings_of(options, folder.string() + ".archive");
  std::error_code error;
  if (fs::exists(folder / kMarker, error) && !options.is_replaced) fail_data("{}: is there already (made by qmn data get); --replace downloads it again", folder.string());
  AtomicFolder made(folder, kMarker);
  const DownloadResult archive = fetched(settings);
  const Unpacked unpacked = unpack(settings.file, made.path(), options.output.is_quiet);
  const nlohmann::json note{{"set", options.set}, {"url", archive.url}, {"sha256", archive.sha256}, {"bytes", archive.size_bytes}};
  write_file_atomic(made.path() / kMarker, note.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
  made.commit();
  if (!options.keeps_archive) fs::remove(settings.file, error);
  if (options.output.is_json) {
    nlohmann::json object = note;
    object["folder"] = folder.string();
    object["files"] = unpacked.file_count;
    object["unpacked_bytes"] = unpacked.size_bytes;
    object["resumed_from"] = archive.resumed_from;
    print_json(object);
    return;
  }
  fmt::print("{}: {} files, {:.1f} MiB, from {}\n", folder.string(), unpacked.file_count, static_cast<double>(unpacked.size_bytes) / (1 << 20), archive.url);
  fmt::print("SHA-256 {} {}\n", archive.sha256, settings.sha256.empty() ? "(not checked: --sha256 none)" : "as published");
}

}  // namespace

void add_data_get(CLI::App& data) {
  CLI::App* command = data.add_subcommand("get", "Download a published data set: resumed, checked, unpacked");
  auto options = std::make_shared<Options>();
  command->add_option("set", options->set, "speech-commands (35 words, version 0.02: 2.4 GB, 105,829 clips) or speech-commands-v1 (30 words, version 0.01)")->required()->type_name("NAME");
  command->add_option("DIR", options->folder, "Folder to make; it appears when it is complete")->required()->type_name("DIR");
  command->add_option("--url", options->urls, "Where it lies, if not at its publisher: http or https; several are tried in turn")->type_name("URL");
  command->add_option("--sha256", options->sha256, "Of the archive, if it is another version; none: do not check")->type_name("HEX");
  command->add_option("--stall_seconds", options->stall_seconds, "Without a byte for so long, the connection is given up and tried again")->capture_default_str();
  command->add_option("--attempts", options->attempts, "In a row that bring nothing new, of each URL")->capture_default_str();
  command->add_flag("--keep_archive", options->keeps_archive, "Leave DIR.archive beside the folder");
  command->add_flag("--replace", options->is_replaced, "Download again over a folder that qmn data get made");
  options->output.add(*command);
  command->footer(R"(An interrupted download leaves DIR.archive.part, and the same command goes on from there. Nothing of the archive is written outside of DIR.

Examples:
  qmn data get speech-commands speech_commands/
  qmn data get speech-commands speech_commands/ --url http://mirror.local/speech_commands_v0.02.tar.gz)");
  command->callback([options] { run_get(*options); });
}

}  // namespace qmn::cli
