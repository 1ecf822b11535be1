// SPDX-License-Identifier: Apache-2.0
#include "data/example_list.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "data/csv.h"
#include "data/scan.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <span>

namespace fs = std::filesystem;

namespace qmn {
namespace {

std::optional<Split> split_named(const std::string& name) {
  static const std::map<std::string, Split> names{{"training", Split::training}, {"train", Split::training},   {"validation", Split::validation}, {"valid", Split::validation},
                                                  {"val", Split::validation},    {"testing", Split::testing}, {"test", Split::testing}};
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

/// "0.5 -1 3" → numbers; nothing when it is no such list.
std::optional<std::vector<float>> numbers_of(std::string_view text) {
  std::vector<float> numbers;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (;;) {
    while (at != end && *at == ' ') ++at;
    if (at == end) break;
    float number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || !std::isfinite(number) || (next != end && *next != ' ')) return std::nullopt;
    numbers.push_back(number);
    at = next;
  }
  return numbers.empty() ? std::nullopt : std::optional(numbers);
}

class Lister {
 public:
  Lister(const fs::path& path, const ExampleReader& reader, double validation_percentage, double testing_percentage)
      : path_(path), reader_(reader), validation_percentage_(validation_percentage), testing_percentage_(testing_percentage) {}

  ExampleList run() {
    std::error_code ignored;
    const std::string extension = path_.extension().string();
    if (fs::is_directory(path_, ignored)) list_folder();
    else if (extension == ".csv") list_table();
    else if (extension == ".npz") list_archive();
    else if (extension == ".npy") add_rows("", parse_npy(read_file(path_), path_.string()), nullptr, nullptr, std::nullopt);
    else if (extension == ".bin") add_read_rows(reader_.read(path_));
    else fail_data("{}: neither a folder nor a .csv, .npz, .npy or .bin (--data)", path_.string());
    if (list_.examples.empty()) fail_data("{}: holds no example: no .npy, .bin, .png, .jpg, .ppm or .pgm", path_.string());
    return std::move(list_);
  }

 private:
  Split hashed(const std::string& name) const { return split_by_hash(name, validation_percentage_, testing_percentage_); }

  void list_folder() {
    std::vector<fs::path> files;
    try {
      for (const auto& entry : fs::recursive_directory_iterator(path_)) {
        if (entry.is_regular_file() && ExampleReader::can_read(entry.path()) && !entry.path().filename().string().starts_with('.')) files.push_back(entry.path());
      }
    } catch (const fs::filesystem_error& error) {
      fail_data("{}: {}", path_.string(), error.code().message());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      const fs::path relative = file.lexically_relative(path_);
      std::vector<std::string> folders(relative.begin(), --relative.end());
      for (std::string& folder : folders) folder = fs::path(folder).string();
      const std::optional<Split> named = folders.empty() ? std::nullopt : split_named(folders.front());
      if (named) folders.erase(folders.begin());
      list_.examples.push_back({.path = file, .row = {}, .label = folders.empty() ? "" : folders.front(), .target = {}, .split = named.value_or(hashed(relative.generic_string()))});
    }
  }

  /// Where each column stands, by its name.
  std::map<std::string, std::size_t> columns_of(const CsvRow& first, bool& is_header) const {
    static const std::vector<std::string> known{"file", "label", "split", "target"};
    std::map<std::string, std::size_t> columns;
    is_header = std::ranges::count(first.fields, "file") > 0;
    const std::vector<std::string>& names = is_header ? first.fields : known;
    if (!is_header && first.fields.size() > 3) fail_data("{}: line {}: {} columns without names: let the first line name them (file, label, split, target)", path_.string(), first.line, first.fields.size());
    for (std::size_t i = 0; i < first.fields.size(); ++i) {
      if (std::ranges::count(known, names[i]) == 0) fail_data("{}: the column {} is unknown (there are {})", path_.string(), names[i], fmt::join(known, ", "));
      if (!columns.emplace(names[i], i).second) fail_data("{}: the column {} stands twice", path_.string(), names[i]);
    }
    return columns;
  }

  void list_table() {
    const std::vector<CsvRow> rows = parse_csv(read_file(path_), path_.string());
    if (rows.empty()) return;
    bool is_header = false;
    const std::map<std::string, std::size_t> columns = columns_of(rows.front(), is_header);
    for (std::size_t i = is_header ? 1 : 0; i < rows.size(); ++i) {
      const CsvRow& row = rows[i];
      if (row.fields.size() != rows.front().fields.size()) fail_data("{}: line {}: {} columns, where the first line has {}", path_.string(), row.line, row.fields.size(), rows.front().fields.size());
      const auto field = [&](const char* column) { return columns.contains(column) ? row.fields[columns.at(column)] : std::string(); };
      add_line(row.line, field("file"), field("label"), field("split"), field("target"));
    }
  }

  void add_line(std::size_t line, const std::string& file, const std::string& label, const std::string& split, const std::string& target) {
    if (!ExampleReader::can_read(file)) fail_data("{}: line {}: {} is no .npy, .bin, .png, .jpg, .ppm or .pgm", path_.string(), line, file.empty() ? "an empty name" : file);
    ListedExample example{.path = path_.parent_path() / file, .row = {}, .label = label, .target = {}, .split = hashed(file)};
    if (!split.empty()) {
      const std::optional<Split> named = split_named(split);
      if (!named) fail_data("{}: line {}: the split {} is unknown (there are training, validation, testing)", path_.string(), line, split);
      example.split = *named;
    }
    if (!target.empty()) {
      const auto numbers = numbers_of(target);
      if (!numbers) fail_data("{}: line {}: the target {} is no list of numbers", path_.string(), line, target);
      example.target = *numbers;
    }
    list_.examples.push_back(std::move(example));
  }

  void list_archive() {
    const auto named = parse_npz(read_file(path_), path_.string());
    std::map<std::string, const Array*> arrays;
    for (const auto& [name, array] : named) arrays[name] = &array;
    const auto find = [&](const std::string& name) { return arrays.contains(name) ? arrays.at(name) : nullptr; };
    if (const Array* x = find("x")) return add_rows("x", *x, find("y"), find("split"), std::nullopt);
    bool has_splits = false;
    for (const auto& [suffix, split] : {std::pair{"_train", Split::training}, {"_val", Split::validation}, {"_test", Split::testing}}) {
      const Array* x = find(std::string("x") + suffix);
      if (x == nullptr) continue;
      has_splits = true;
      add_rows(std::string("x") + suffix, *x, find(std::string("y") + suffix), nullptr, split);
    }
    if (has_splits) return;
    if (named.size() != 1) {
      std::vector<std::string> names;
      for (const auto& [name, array] : arrays) names.push_back(printable(name));
      fail_data("{}: its arrays are {}: inputs are sought in x, or x_train, x_val and x_test", path_.string(), fmt::join(names, ", "));
    }
    add_rows(named[0].first, named[0].second, nullptr, nullptr, std::nullopt);
  }

  /// Rows of `x`; `y` holds a label or a target for each, `splits` a number, or all of them are of one `split`.
  void add_rows(const std::string& name, const Array& x, const Array* y, const Array* splits, std::optional<Split> split) {
    const std::string title = name.empty() ? path_.string() : path_.string() + ": " + name;
    const std::size_t before = list_.examples.size();
    add_read_rows(reader_.examples_of(x, title), name);
    const std::size_t count = list_.examples.size() - before;
    for (const auto& [what, array] : {std::pair{"y", y}, {"split", splits}}) {
      const auto rows = array == nullptr || array->shape.empty() ? std::int64_t{0} : array->shape[0];
      if (array != nullptr && static_cast<std::size_t>(rows) != count) fail_data("{}: {} examples, but {} holds {} rows", title, count, what, rows);
    }
    for (std::size_t i = 0; i < count; ++i) {
      ListedExample& example = list_.examples[before + i];
      if (split) example.split = *split;
      if (splits != nullptr) {
        const float number = splits->numbers[i];
        if (number != 0 && number != 1 && number != 2) fail_data("{}: split[{}] is {}: 0 (training), 1 (validation) and 2 (testing) are known", path_.string(), i, number);
        example.split = number == 0 ? Split::training : number == 1 ? Split::validation : Split::testing;
      }
      if (y != nullptr) answer(example, *y, i, count);
    }
  }

  /// Whole numbers, one a row, are labels; anything else is a target.
  static void answer(ListedExample& example, const Array& y, std::size_t row, std::size_t count) {
    const std::size_t width = y.numbers.size() / count;
    const auto numbers = std::span(y.numbers).subspan(row * width, width);
    const bool is_label = width == 1 && std::ranges::all_of(y.numbers, [](float number) { return number == std::floor(number) && number >= 0 && number < 1e6f; });
    if (is_label) example.label = fmt::format("{}", static_cast<int>(numbers[0]));
    else example.target.assign(numbers.begin(), numbers.end());
  }

  void add_read_rows(std::vector<float> rows, const std::string& name = "") {
    const std::size_t first = list_.rows.size() / reader_.numbers_per_example(), count = rows.size() / reader_.numbers_per_example();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string title = fmt::format("{}{}[{}]", path_.filename().string(), name.empty() ? "" : ":" + name, i);
      list_.examples.push_back({.path = path_.parent_path() / title, .row = first + i, .label = {}, .target = {}, .split = hashed(title)});
    }
    list_.rows.insert(list_.rows.end(), rows.begin(), rows.end());
  }

  const fs::path& path_;
  const ExampleReader& reader_;
  double validation_percentage_, testing_percentage_;
  ExampleList list_;
};

}  // namespace

bool holds_examples(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return true;
  bool has_example = false;
  constexpr int kMostLooks = 100000;  // a folder that begins with so many other files is none of ours
  int looks = 0;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end && looks < kMostLooks; it.increment(error), ++looks) {
    if (it->path().extension() == ".wav") return false;
    has_example |= ExampleReader::can_read(it->path());
  }
  return has_example;
}

ExampleList list_examples(const fs::path& path, const ExampleReader& reader, double validation_percentage, double testing_percentage) {
  return Lister(path, reader, validation_percentage, testing_percentage).run();
}

}  // namespace qmn
