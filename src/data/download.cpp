// SPDX-License-Identifier: Apache-2.0
#include "data/download.h"

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/progress.h"
#include "base/text.h"
#include "data/part_file.h"

#include <curl/curl.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <memory>
#include <optional>
#include <thread>

namespace qmn {
namespace {

constexpr int kMaxAttempts = 100;  // of a URL, those that bring something new among them
constexpr long kMaxRedirects = 10;
constexpr std::uint64_t kMebibyte = 1 << 20;

/// What one request came to.
struct Outcome {
  enum class Kind { complete, again, hopeless } kind = Kind::again;
  std::string what;        ///< for a person; empty when complete
  bool is_joined = false;  ///< of bytes of several answers
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return std::string(text);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "bytes 100-199/200" and "bytes */200"
struct ContentRange {
  std::optional<std::uint64_t> first, total;
};

ContentRange parse_range(const std::string& value) {
  ContentRange range;
  const std::size_t space = value.find(' '), slash = value.rfind('/');
  if (lower(value.substr(0, space)) != "bytes" || slash == std::string::npos || space > slash) return range;
  const std::string bounds = value.substr(space + 1, slash - space - 1);
  range.first = number(bounds.substr(0, bounds.find('-')));
  range.total = number(value.substr(slash + 1));
  return range;
}

/// One request for what is missing. Callbacks of libcurl must not throw: what they meet is kept until the request has ended.
class Request {
 public:
  Request(const DownloadSettings& settings, const std::string& url, PartFile& part, std::optional<Progress>& progress)
      : settings_(settings), url_(url), part_(part), progress_(progress), curl_(curl_easy_init(), &curl_easy_cleanup) {
    QMN_CHECK(curl_, "libcurl does not start");
  }

  Outcome run() {
    offset_ = part_.size_bytes();
    const bool is_joined_safely = !settings_.sha256.empty() || (!part_.validator().empty() && part_.url() == url_);
    if (offset_ > 0 && !is_joined_safely) {
      part_.restart();
      offset_ = 0;
    }
    std::string error_text(CURL_ERROR_SIZE, '\0');
    set(CURLOPT_ERRORBUFFER, error_text.data());
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "qmn");
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(settings_.stall_timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings_.stall_timeout.count()));
    set(CURLOPT_HEADERFUNCTION, &Request::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Request::on_body);
    set(CURLOPT_WRITEDATA, this);
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, &curl_slist_free_all);
    if (offset_ > 0) {
      set(CURLOPT_RANGE, fmt::format("{}-", offset_).c_str());
      if (!part_.validator().empty() && part_.url() == url_) headers.reset(curl_slist_append(nullptr, ("If-Range: " + part_.validator()).c_str()));
      set(CURLOPT_HTTPHEADER, headers.get());
    }
    const CURLcode code = curl_easy_perform(curl_.get());
    if (failure_) std::rethrow_exception(failure_);
    Outcome result = outcome(code, trimmed(error_text.c_str()));
    result.is_joined = is_joined_;
    return result;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    QMN_CHECK(curl_easy_setopt(curl_.get(), option, value) == CURLE_OK, "libcurl refuses an option");
  }

  long status() const {
    long status = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
  }

  Outcome outcome(CURLcode code, const std::string& text) {
    using Kind = Outcome::Kind;
    if (refusal_) return *refusal_;
    if (code == CURLE_OK) {
      const std::uint64_t total = range_.total.value_or(0);
      if (total > part_.size_bytes()) return {.kind = Kind::again, .what = fmt::format("ended after {} of {} bytes", part_.size_bytes(), total)};
      return {.kind = Kind::complete, .what = {}};
    }
    if (code == CURLE_HTTP_RETURNED_ERROR) {
      const long answer = status();
      if (answer == 416 && offset_ > 0) {  // what is there reaches to the end, or is of a file that is no more
        if (range_.total == offset_) return {.kind = Kind::complete, .what = {}};
        part_.restart();
        return {.kind = Kind::again, .what = "has another file by now"};
      }
      const bool may_pass = answer >= 500 || answer == 408 || answer == 429;
      return {.kind = may_pass ? Kind::again : Kind::hopeless, .what = fmt::format("HTTP {}", answer)};
    }
    if (code == CURLE_PARTIAL_FILE) return {.kind = Kind::again, .what = fmt::format("the connection ended after {} bytes, more were announced", part_.size_bytes())};
    if (code == CURLE_OPERATION_TIMEDOUT) return {.kind = Kind::again, .what = fmt::format("nothing came for {} s", settings_.stall_timeout.count())};
    const bool is_hopeless = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT || code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_COULDNT_RESOLVE_HOST ||
                             code == CURLE_PEER_FAILED_VERIFICATION;
    return {.kind = is_hopeless ? Kind::hopeless : Kind::again, .what = text.empty() ? curl_easy_strerror(code) : text};
  }

  static std::size_t on_header(const char* bytes, std::size_t, std::size_t count, void* self) {
    static_cast<Request*>(self)->take_header(std::string_view(bytes, count));
    return count;
  }

  void take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // of the next server, behind a redirection
      range_ = {};
      etag_.clear();
      modified_.clear();
      return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string name = lower(std::string(line.substr(0, colon))), value = trimmed(line.substr(colon + 1));
    if (name == "content-range") range_ = parse_range(value);
    if (name == "etag" && !value.starts_with("W/")) etag_ = value;  // a weak one says nothing of bytes
    if (name == "last-modified") modified_ = value;
  }

  static std::size_t on_body(const char* bytes, std::size_t, std::size_t count, void* self) {
    auto* request = static_cast<Request*>(self);
    try {
      return request->take_body(std::string_view(bytes, count)) ? count : 0;
    } catch (...) {
      request->failure_ = std::current_exception();
      return 0;
    }
  }

  bool take_body(std::string_view bytes) {
    if (!has_body_) {
      has_body_ = true;
      if (!begin_body()) return false;
    }
    if (settings_.size_bytes > 0 && part_.size_bytes() + bytes.size() > settings_.size_bytes) {
      refusal_ = Outcome{.kind = Outcome::Kind::hopeless, .what = fmt::format("sends more than the {} bytes of the file", settings_.size_bytes)};
      part_.restart();
      return false;
    }
    part_.append(bytes);
    if (progress_) progress_->update(part_.size_bytes() / kMebibyte);
    return true;
  }

  bool begin_body() {
    if (status() == 206 && range_.first != offset_) {
      refusal_ = Outcome{.kind = Outcome::Kind::again, .what = "sent another range than it was asked for"};
      part_.restart();
      return false;
    }
    is_joined_ = status() == 206;
    if (!is_joined_ && offset_ > 0) {  // another version, or a server without ranges: all of it
      part_.restart();
      offset_ = 0;
    }
    part_.remember(url_, !etag_.empty() ? etag_ : modified_);
    curl_off_t left = -1;
    curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &left);
    const std::uint64_t total = range_.total.value_or(left > 0 ? offset_ + static_cast<std::uint64_t>(left) : settings_.size_bytes);
    if (!progress_ && total > 0) progress_.emplace("download, MiB", (total + kMebibyte - 1) / kMebibyte, settings_.is_quiet);
    return true;
  }

  const DownloadSettings& settings_;
  const std::string& url_;
  PartFile& part_;
  std::optional<Progress>& progress_;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  std::uint64_t offset_ = 0;
  bool has_body_ = false, is_joined_ = false;
  ContentRange range_;
  std::string etag_, modified_;
  std::optional<Outcome> refusal_;
  std::exception_ptr failure_;
};

/// Until the file is there, or the URL has been tried often enough; then what it said last.
Outcome fetch(const DownloadSettings& settings, const std::string& url, PartFile& part, std::optional<Progress>& progress) {
  std::uint64_t furthest = part.size_bytes();
  std::chrono::milliseconds pause = settings.first_pause;
  Outcome outcome;
  bool is_joined = false;
  for (int attempt = 0, barren = 0; attempt < kMaxAttempts && barren < settings.attempts; ++attempt) {
    if (barren > 0) {
      std::this_thread::sleep_for(pause);
      pause *= 2;
    }
    outcome = Request(settings, url, part, progress).run();
    outcome.is_joined = is_joined = outcome.is_joined || is_joined;
    if (outcome.kind != Outcome::Kind::again) return outcome;
    if (part.size_bytes() > furthest) {
      furthest = part.size_bytes();
      barren = 0;
      pause = settings.first_pause;
    }
    ++barren;
  }
  return outcome;
}

/// Empty, or what is wrong with the bytes.
std::string fault_of(const DownloadSettings& settings, const PartFile& part, std::string& sha256) {
  if (settings.size_bytes > 0 && part.size_bytes() != settings.size_bytes) return fmt::format("sent {} bytes, the file has {}", part.size_bytes(), settings.size_bytes);
  sha256 = sha256_file_hex(part.path());
  if (!settings.sha256.empty() && sha256 != settings.sha256) return fmt::format("its bytes have the SHA-256 {}, not {}", sha256, settings.sha256);
  return {};
}

}  // namespace

DownloadResult download(const DownloadSettings& settings) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  QMN_CHECK(started == CURLE_OK, "libcurl does not start");
  PartFile part(settings.file);
  DownloadResult result{.url = {}, .size_bytes = 0, .resumed_from = part.size_bytes(), .sha256 = {}};
  std::vector<std::string> faults;
  for (const std::string& url : settings.urls) {
    std::optional<Progress> progress;
    // Bytes of several answers may be wrong where those of one are right: that is worth a second time.
    for (const bool is_second : {false, true}) {
      const Outcome outcome = fetch(settings, url, part, progress);
      std::string fault = outcome.what;
      if (outcome.kind == Outcome::Kind::complete) {
        fault = fault_of(settings, part, result.sha256);
        if (fault.empty()) {
          result.url = url;
          result.size_bytes = part.size_bytes();
          part.commit();
          return result;
        }
        part.restart();
        result.resumed_from = 0;
        if (outcome.is_joined && !is_second) continue;
      }
      faults.push_back(fmt::format("{}: {}", printable(url), printable(fault)));
      break;
    }
  }
  const std::uint64_t kept = part.size_bytes();
  if (kept == 0) part.discard();
  fail_data("{}: cannot be downloaded: {}{}", settings.file.string(), fmt::join(faults, "; "),
            kept > 0 ? fmt::format("; {} bytes are kept, the same command goes on from there", kept) : "; another mirror can be named by --url");
}

}  // namespace qmn
