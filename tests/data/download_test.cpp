// SPDX-License-Identifier: Apache-2.0
// Downloads from a server that cuts, stalls, lies and redirects (unreliable_server.py); archives that want to write elsewhere (hostile_archives.py); and the
// command that joins the two.
#include "data/download.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/subprocess.h"
#include "data/part_file.h"
#include "data/unpack.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>

#include <cstdio>

namespace fs = std::filesystem;

namespace qmn {
namespace {

using testing::expect_error;

constexpr std::size_t kContentBytes = 3'000'000;

/// Runs for the length of a test.
class Server {
 public:
  explicit Server(const fs::path& file) : output_(::popen(fmt::format("echo $$; exec python3 {}/unreliable_server.py {}", QMN_DATA_TESTS, file.string()).c_str(), "r")) {
    EXPECT_EQ(std::fscanf(output_, "%d %d", &process_, &port_), 2);
  }
  ~Server() {
    ::kill(process_, SIGTERM);
    ::pclose(output_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  std::string url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}/{}", port_, path); }

 private:
  std::FILE* output_;
  int process_ = 0, port_ = 0;
};

class Download : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("python3")) GTEST_SKIP() << "needs python3";
    content_.resize(kContentBytes);
    for (std::size_t i = 0; i < content_.size(); ++i) content_[i] = static_cast<char>((i * 2654435761u) >> 13);
    write_file_atomic(folder_.path() / "content", content_);
    server_ = std::make_unique<Server>(folder_.path() / "content");
  }
  DownloadSettings settings(const std::vector<std::string>& paths, bool has_checksum = true) const {
    DownloadSettings settings{.urls = {}, .file = target(), .sha256 = has_checksum ? sha256_hex(content_) : "", .stall_timeout = std::chrono::seconds(1), .attempts = 3,
                              .first_pause = std::chrono::milliseconds(5), .is_quiet = true};
    for (const std::string& path : paths) settings.urls.push_back(path.starts_with("http") ? path : server_->url(path));
    return settings;
  }
  void expect_content() const { EXPECT_TRUE(read_file(target()) == content_) << "the file is not what the server has"; }
  void expect_arrives(const std::string& path, bool has_checksum = true) {
    SCOPED_TRACE(path);
    const DownloadResult result = download(settings({path}, has_checksum));
    EXPECT_EQ(result.size_bytes, kContentBytes);
    EXPECT_EQ(result.sha256, sha256_hex(content_));
    expect_content();
    EXPECT_FALSE(fs::exists(part())) << "nothing is left beside it";
    EXPECT_FALSE(fs::exists(part().string() + ".json"));
    fs::remove(target());
  }
  void expect_fails(const DownloadSettings& settings, const std::vector<std::string>& texts) const {
    expect_error(ErrorKind::data, texts, [&] { download(settings); });
    EXPECT_FALSE(fs::exists(target())) << "nothing stands under the final name";
  }
  fs::path target() const { return folder_.path() / "file"; }
  fs::path part() const { return folder_.path() / "file.part"; }

  TemporaryFolder folder_;
  std::string content_;
  std::unique_ptr<Server> server_;
};

TEST_F(Download, ArrivesWhole) {
  expect_arrives("good");
  expect_arrives("good", false);
  expect_arrives("redirect");
  expect_arrives("busy");
}

TEST_F(Download, ALineThatBreaksIsTakenUpAgain) {
  expect_arrives("truncate");
  expect_arrives("stall");
  expect_arrives("once-whole");
  expect_arrives("once-whole", false);
}

TEST_F(Download, BytesOfTwoVersionsAreNeverJoined) {
  // The server has another file by the second request: without a checksum that one arrives, whole.
  download(settings({"changed"}, false));
  EXPECT_TRUE(read_file(target()) == std::string(kContentBytes, '\0'));
  fs::remove(target());
  expect_arrives("wrong-range");
  expect_arrives("weak");
  expect_arrives("weak", false);
}

TEST_F(Download, ALaterRunGoesOnFromWhatIsThere) {
  write_file_atomic(part(), content_.substr(0, 1'000'000));
  write_file_atomic(part().string() + ".json", fmt::format(R"({{"url": "{}", "validator": "\"v1\""}})", server_->url("good")));
  DownloadResult result = download(settings({"good"}, false));
  EXPECT_EQ(result.resumed_from, 1'000'000u);
  expect_content();
  fs::remove(target());
  write_file_atomic(part(), content_);  // all of it: the server answers 416
  result = download(settings({"good"}));
  EXPECT_EQ(result.resumed_from, kContentBytes);
  expect_content();
  fs::remove(target());
  // Of an unknown version and without a checksum, nothing is joined.
  write_file_atomic(part(), std::string(1'000'000, 'x'));
  expect_arrives("good", false);
  // With one, they are joined, found wrong, and fetched again.
  write_file_atomic(part(), std::string(1'000'000, 'x'));
  expect_arrives("good");
  write_file_atomic(part(), std::string(kContentBytes + 5, 'x'));  // longer than the file
  expect_arrives("good");
  write_file_atomic(part(), content_.substr(0, 10));
  write_file_atomic(part().string() + ".json", "{ no json");
  expect_arrives("good");
}

TEST_F(Download, WhatCannotArriveSaysWhyAndLeavesNothingUnderTheFinalName) {
  expect_fails(settings({"missing"}), {server_->url("missing") + ": HTTP 404", "--url"});
  expect_fails(settings({"circle"}), {"redirect"});
  expect_fails(settings({"to-file"}), {"/to-file", "file"});
  expect_fails(settings({"file:///etc/hostname"}), {"file:///etc/hostname"});
  expect_fails(settings({"http://127.0.0.1:1/x"}), {"http://127.0.0.1:1/x", "onnect"});
  expect_fails(settings({"short"}), {"SHA-256"});
  EXPECT_FALSE(fs::exists(part())) << "wrong bytes are not kept";
  expect_fails(settings({"long"}), {"the connection ended after 3000000 bytes", "the same command goes on"});
  fs::remove(part());
  DownloadSettings wrong = settings({"good"});
  wrong.sha256 = std::string(64, '0');
  expect_fails(wrong, {"SHA-256", sha256_hex(content_), wrong.sha256});
  DownloadSettings sized = settings({"endless"});
  sized.size_bytes = kContentBytes;
  expect_fails(sized, {"more than the 3000000 bytes"});
  sized = settings({"good"});
  sized.size_bytes = kContentBytes + 1;
  expect_fails(sized, {"sent 3000000 bytes, the file has 3000001"});
}

TEST_F(Download, TheNextMirrorIsTried) {
  const DownloadResult result = download(settings({"missing", "short", "good"}));
  EXPECT_EQ(result.url, server_->url("good"));
  expect_content();
}

TEST_F(Download, TwoAtOnceDoNotMeet) {
  const PartFile held(target());
  expect_fails(settings({"good"}), {part().string(), "another qmn"});
}

TEST_F(Download, NothingIsWrittenWhereNothingCanBe) {
  DownloadSettings nowhere = settings({"good"});
  nowhere.file = folder_.path() / "no" / "file";
  expect_error(ErrorKind::data, {nowhere.file.string()}, [&] { download(nowhere); });
}

class Unpack : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!find_program("python3")) GTEST_SKIP() << "needs python3";
    const ProcessResult made = run_process({"python3", QMN_DATA_TESTS "/hostile_archives.py", folder_.path().string()});
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  fs::path archive(const std::string& name) const { return folder_.path() / name; }
  fs::path fresh() {
    const fs::path folder = folder_.path() / fmt::format("out{}", ++count_);
    fs::create_directory(folder);
    return folder;
  }
  TemporaryFolder folder_;
  int count_ = 0;
};

TEST_F(Unpack, FilesFoldersAndLinksThatStayInside) {
  const fs::path out = fresh();
  const Unpacked unpacked = unpack(archive("good.tar.gz"), out, true);
  EXPECT_EQ(unpacked.file_count, 4);
  EXPECT_EQ(read_file(out / "yes/a.wav"), "abc");
  EXPECT_EQ(read_file(out / "no/b.wav"), std::string(100000, 'x'));
  EXPECT_EQ(read_file(out / "yes/same.wav"), "abc");
  EXPECT_EQ(read_file(out / "no/up.wav"), "abc");
  EXPECT_EQ(read_file(out / "README.md"), "hi");
  for (const char* name : {"good.tar", "good.zip"}) {
    const fs::path other = fresh();
    EXPECT_EQ(unpack(archive(name), other, true).file_count, 1) << name;
    EXPECT_EQ(read_file(other / "yes/a.wav"), "abc");
  }
}

TEST_F(Unpack, NothingIsWrittenOutside) {
  const std::vector<std::pair<std::string, std::string>> cases{{"absolute.tar", "absolute path"},      {"dotdot.tar", "'..'"},
                                                               {"dotdot_folder.tar", "'..'"},          {"dotdot.zip", "'..'"},
                                                               {"link_absolute.tar", "out of"},        {"link_out.tar", "out of"},
                                                               {"link_late.tar", "out of"},            {"through_link.tar", "no folder"},
                                                               {"over_link.tar", "comes twice"},       {"hard_out.tar", "'..'"},
                                                               {"hard_absolute.tar", "absolute path"}, {"hard_to_link.tar", "no file before it"},
                                                               {"pipe.tar", "special file"},           {"device.tar", "special file"},
                                                               {"twice.tar", "comes twice"},           {"file_as_folder.tar", "no folder"},
                                                               {"empty.tar", "holds no files"},        {"cut.tar.gz", "cannot be unpacked"},
                                                               {"text.tar", "cannot be unpacked"},     {"none.tar", "cannot be unpacked"}};
  for (const auto& [name, text] : cases) {
    SCOPED_TRACE(name);
    const fs::path out = fresh();
    expect_error(ErrorKind::data, {archive(name).string(), text}, [&] { unpack(archive(name), out, true); });
    EXPECT_FALSE(fs::exists("/tmp/qmn-escaped"));
    EXPECT_FALSE(fs::exists(folder_.path() / "qmn-escaped"));
  }
  expect_error(ErrorKind::data, {"more than 1999 bytes"}, [&] { unpack(archive("large.tar"), fresh(), true, 1999); });
  EXPECT_EQ(unpack(archive("large.tar"), fresh(), true, 2000).size_bytes, 2000u);
}

TEST_F(Unpack, TheCommandDownloadsChecksUnpacksAndLeavesNothingElse) {
  const Server server(archive("good.tar.gz"));
  const std::string out = (folder_.path() / "set").string(), sha256 = sha256_file_hex(archive("good.tar.gz"));
  const auto get = [&](std::vector<std::string> more) {
    std::vector<std::string> command{QMN_PROGRAM, "data", "get", "speech-commands", out, "--json", "--quiet", "--attempts", "2", "--stall_seconds", "1"};
    command.insert(command.end(), more.begin(), more.end());
    return run_process(command);
  };
  EXPECT_EQ(get({"--url", server.url("good")}).exit_code, 1) << "another file than the published one";
  EXPECT_EQ(get({"--url", server.url("good"), "--sha256", "abc"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(out));
  const ProcessResult got = get({"--url", server.url("missing"), "--url", server.url("truncate"), "--sha256", sha256});
  ASSERT_EQ(got.exit_code, 0) << got.err;
  const nlohmann::json json = nlohmann::json::parse(got.out);
  EXPECT_EQ(json["files"], 4);
  EXPECT_EQ(json["sha256"], sha256);
  EXPECT_EQ(read_file(fs::path(out) / "yes/a.wav"), "abc");
  EXPECT_FALSE(fs::exists(out + ".archive"));
  EXPECT_FALSE(fs::exists(out + ".archive.part"));
  const ProcessResult again = get({"--url", server.url("good"), "--sha256", sha256});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_NE(again.err.find("--replace"), std::string::npos) << again.err;
  EXPECT_EQ(get({"--url", server.url("good"), "--sha256", sha256, "--replace", "--keep_archive"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(out + ".archive"));
  EXPECT_EQ(get({"--url", "http://127.0.0.1:1/", "--sha256", sha256, "--replace"}).exit_code, 0) << "the archive is there: no network is needed";
}

TEST_F(Unpack, TheCommandLeavesNoFolderOfAHostileArchive) {
  const Server server(archive("dotdot.tar"));
  const std::string out = (folder_.path() / "set").string();
  const ProcessResult got = run_process({QMN_PROGRAM, "data", "get", "speech-commands", out, "--url", server.url("good"), "--sha256", "none"});
  EXPECT_EQ(got.exit_code, 1);
  EXPECT_NE(got.err.find("'..'"), std::string::npos) << got.err;
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace qmn
