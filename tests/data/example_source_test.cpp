// SPDX-License-Identifier: Apache-2.0
// Folders, tables and archives of arrays and pictures: which example falls where, what it becomes, and what is wrong with it.
#include "data/example_source.h"

#include "base/file.h"
#include "data/array_files.h"
#include "data/image_files.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

#include <set>

namespace fs = std::filesystem;

namespace qmn {
namespace {

using testing::expect_error;
using testing::npy;
using testing::npz;

class Examples : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((folder_.path() / name).parent_path());
    write_file_atomic(folder_.path() / name, bytes);
  }
  /// A net of `inputs` → 3 outputs.
  ExampleSettings settings(const std::string& name = "", Shape input = {4}) const {
    return {.path = name.empty() ? folder_.path() : folder_.path() / name, .format = {.input_shape = std::move(input), .array = {}}, .output_count = 3};
  }
  static FeatureSet all(const ExampleSource& source) {
    FeatureSet rows;
    for (const Split split : {Split::training, Split::validation, Split::testing}) rows.append(source.load(split, {}, {.is_quiet = true}));
    return rows;
  }

  TemporaryFolder folder_;
};

TEST_F(Examples, FoldersNameLabelsAndAboveThemSplits) {
  for (const char* name : {"train/cat/a.npy", "train/dog/b.npy", "val/cat/c.npy", "test/owl/d.npy", "test/dog/e.npy"}) write(name, npy({4}, {1, 2, 3, 4}));
  write("test/dog/readme.txt", "no example");
  const ExampleSource source(settings());
  EXPECT_EQ(source.outputs(), OutputKind::classes);
  EXPECT_EQ(source.labels(), (std::vector<std::string>{"cat", "dog", "owl"}));
  EXPECT_EQ(source.load(Split::training, {}, {}).labels, (std::vector<int>{0, 1}));
  EXPECT_EQ(source.load(Split::validation, {}, {}).labels, (std::vector<int>{0}));
  const FeatureSet test = source.load(Split::testing, {}, {});
  EXPECT_EQ(test.labels, (std::vector<int>{1, 2}));
  EXPECT_EQ(test.features, (std::vector<float>{1, 2, 3, 4, 1, 2, 3, 4}));
  EXPECT_EQ(source.row_name(test, 0), "test/dog/e.npy");
}

TEST_F(Examples, LabelsOfTheNetDecideByNameOrNumber) {
  for (const char* name : {"dog/a.npy", "2/b.npy"}) write(name, npy({4}, {1, 2, 3, 4}));
  ExampleSettings named = settings();
  named.labels = {"owl", "dog", "cat"};
  const FeatureSet rows = all(ExampleSource(named));
  EXPECT_EQ(std::multiset<int>(rows.labels.begin(), rows.labels.end()), (std::multiset<int>{1, 2}));
  named.labels = {"owl", "pig", "cat"};
  expect_error(ErrorKind::data, {"a.npy", "dog", "none of the net's 3", "owl, pig, cat"}, [&] { ExampleSource{named}; });
  named.labels = {};
  expect_error(ErrorKind::data, {"2 labels", "3 outputs", "--labels"}, [&] { ExampleSource{named}; });
}

TEST_F(Examples, DigitsAreLabelsAndNotSplits) {
  for (const char* name : {"0/a.npy", "1/b.npy", "2/c.npy"}) write(name, npy({4}, {1, 2, 3, 4}));
  const FeatureSet rows = all(ExampleSource(settings()));
  EXPECT_EQ(std::multiset<int>(rows.labels.begin(), rows.labels.end()), (std::multiset<int>{0, 1, 2}));
}

TEST_F(Examples, WithoutNamedSplitsAFixedShareFallsIntoEach) {
  std::vector<float> numbers;
  for (int i = 0; i < 4 * 2000; ++i) numbers.push_back(static_cast<float>(i));
  write("rows.npy", npy({2000, 4}, numbers));
  ExampleSettings shares = settings("rows.npy");
  shares.validation_percentage = 20;
  shares.testing_percentage = 30;
  const ExampleSource source(shares), again(shares);
  EXPECT_NEAR(static_cast<double>(source.clip_count(Split::validation)), 400, 60);
  EXPECT_NEAR(static_cast<double>(source.clip_count(Split::testing)), 600, 70);
  std::set<float> seen;
  for (const Split split : {Split::training, Split::validation, Split::testing}) {
    const FeatureSet rows = source.load(split, {}, {});
    EXPECT_EQ(rows.row_count(), source.clip_count(split));
    EXPECT_EQ(rows.features, again.load(split, {}, {}).features);
    for (std::int64_t row = 0; row < rows.row_count(); ++row) seen.insert(rows.row(row)[0]);
  }
  EXPECT_EQ(seen.size(), 2000U) << "each row is in one split";
  const FeatureSet some = source.load(Split::training, {}, {.limit = 7});
  EXPECT_EQ(some.row_count(), 7);
}

TEST_F(Examples, TablesNameTheirColumns) {
  write("d/a.npy", npy({4}, {1, 1, 1, 1}));
  write("d/b, too.npy", npy({2, 4}, {2, 2, 2, 2, 3, 3, 3, 3}));
  write("d/table.csv", "split,file,label\r\ntest,a.npy,2\r\ntrain,\"b, too.npy\",0\r\n");
  const ExampleSource source(settings("d/table.csv"));
  EXPECT_EQ(source.load(Split::testing, {}, {}).labels, (std::vector<int>{2}));
  const FeatureSet training = source.load(Split::training, {}, {});
  EXPECT_EQ(training.labels, (std::vector<int>{0, 0}));
  EXPECT_EQ(training.clip_ids[0], training.clip_ids[1]) << "rows of a file go together";
  EXPECT_EQ(source.row_name(training, 1), "b, too.npy[1]");

  write("d/plain.csv", "a.npy,1\n");
  EXPECT_EQ(all(ExampleSource(settings("d/plain.csv"))).labels, (std::vector<int>{1}));
  const auto expect_fault = [&](const std::string& text, const std::vector<std::string>& parts) {
    write("d/bad.csv", text);
    expect_error(ErrorKind::data, parts, [&] { ExampleSource{settings("d/bad.csv")}; });
  };
  expect_fault("file,name\na.npy,1\n", {"bad.csv", "column name", "file, label, split, target"});
  expect_fault("file,file\na.npy,1\n", {"bad.csv", "twice"});
  expect_fault("file,label\na.npy\n", {"bad.csv", "line 2", "1 columns"});
  expect_fault("file,split\na.npy,later\n", {"bad.csv", "line 2", "later", "training, validation, testing"});
  expect_fault("file,target\na.npy,1 x\n", {"bad.csv", "line 2", "1 x"});
  expect_fault("file,target\na.npy,1 2\n", {"a.npy", "2 numbers", "answers 3"});
  expect_fault("file\nsound.wav\n", {"bad.csv", "line 2", "sound.wav", ".npy"});
  expect_fault("file,label\n\"a.npy,1\n", {"bad.csv", "line 2", "quote"});
  expect_fault("\n", {"bad.csv", "no example"});
}

TEST_F(Examples, ArchivesHoldInputsAnswersAndSplits) {
  const std::string x = npy({3, 4}, {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3});
  write("a.npz", npz({{"x", x}, {"y", npy({3}, {2, 0, 1})}, {"split", npy({3}, {0, 2, 2})}}));
  const ExampleSource labeled(settings("a.npz"));
  EXPECT_EQ(labeled.load(Split::training, {}, {}).labels, (std::vector<int>{2}));
  EXPECT_EQ(labeled.load(Split::testing, {}, {}).labels, (std::vector<int>{0, 1}));
  EXPECT_EQ(labeled.row_name(labeled.load(Split::testing, {}, {}), 1), "a.npz:x[2]");

  write("b.npz", npz({{"x_train", x}, {"y_train", npy({3, 1}, {0, 1, 2})}, {"x_test", npy({1, 4}, {9, 9, 9, 9})}, {"y_test", npy({1}, {1})}}));
  const ExampleSource parted(settings("b.npz"));
  EXPECT_EQ(parted.load(Split::training, {}, {}).labels, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(parted.load(Split::testing, {}, {}).features, (std::vector<float>{9, 9, 9, 9}));
  EXPECT_EQ(parted.clip_count(Split::validation), 0);

  write("c.npz", npz({{"x", x}, {"y", npy({3, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8.5f})}}));
  const FeatureSet answered = all(ExampleSource(settings("c.npz")));
  EXPECT_EQ(answered.outputs, OutputKind::values);
  EXPECT_EQ(answered.targets.size(), 9U);

  write("d.npz", npz({{"anything", x}}));
  EXPECT_EQ(all(ExampleSource(settings("d.npz"))).row_count(), 3);

  const auto expect_fault = [&](const std::string& bytes, const std::vector<std::string>& parts) {
    write("bad.npz", bytes);
    expect_error(ErrorKind::data, parts, [&] { ExampleSource{settings("bad.npz")}; });
  };
  expect_fault(npz({{"x", x}, {"y", npy({2}, {0, 1})}}), {"bad.npz: x", "3 examples", "y holds 2 rows"});
  expect_fault(npz({{"x", x}, {"split", npy({3}, {0, 1, 7})}}), {"bad.npz", "split[2] is 7"});
  expect_fault(npz({{"images", x}, {"more", x}}), {"bad.npz", "images, more", "x_train"});
  expect_fault(npz({{"x", npy({3, 5}, std::vector<float>(15))}}), {"bad.npz: x", "3x5", "example of this net is 4"});
  expect_fault(npz({{"x", x.substr(0, 90)}}), {"bad.npz: x", "bytes"});
  expect_fault(npz({}), {"bad.npz"});
}

TEST_F(Examples, ImagesLieAsTheLayoutSays) {
  write("hwc.npy", npy({2, 1, 3}, {1, 2, 3, 4, 5, 6}));     // height 2, width 1, 3 channels
  ExampleSettings last = settings("hwc.npy", {3, 2, 1});
  last.format.array.is_channels_last = true;
  EXPECT_EQ(all(ExampleSource(last)).features, (std::vector<float>{1, 4, 2, 5, 3, 6}));
  write("chw.npy", npy({1, 3, 2, 1}, {1, 2, 3, 4, 5, 6}));  // a batch of one
  EXPECT_EQ(all(ExampleSource(settings("chw.npy", {3, 2, 1}))).features, (std::vector<float>{1, 2, 3, 4, 5, 6}));
  write("flat.npy", npy({2, 6}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  EXPECT_EQ(all(ExampleSource(settings("flat.npy", {3, 2, 1}))).row_count(), 2);
  ExampleSettings wrong = settings("other.npy", {3, 4, 5});
  write("other.npy", npy({4, 5, 3}, std::vector<float>(60)));
  expect_error(ErrorKind::data, {"other.npy", "4x5x3", "3x4x5", "--layout nhwc"}, [&] { ExampleSource{wrong}; });
}

TEST_F(Examples, MeanAndScaleAreOfAllOrOfEachChannel) {
  write("a.npy", npy({2, 1, 2}, {1, 2, 3, 4}));
  ExampleSettings scaled = settings("a.npy", {2, 1, 2});
  scaled.format.array = {.is_channels_last = false, .mean = {1, 3}, .scale = {0.5}};
  EXPECT_EQ(all(ExampleSource(scaled)).features, (std::vector<float>{0, 0.5f, 0, 0.5f}));
  scaled.format.array.mean = {1, 2, 3};
  expect_error(ErrorKind::usage, {"--mean", "3 numbers for 2 channels"}, [&] { ExampleSource{scaled}; });
}

TEST_F(Examples, PicturesAreResizedToTheNet) {
  const Image image = testing::gradient(8, 8, 3);
  write("cat/a.png", testing::as_png(image));
  write("dog/b.ppm", testing::as_netpbm(image));
  write("owl/c.jpg", testing::as_jpeg(image));
  const FeatureSet rows = all(ExampleSource(settings("", {3, 4, 4})));
  ASSERT_EQ(rows.row_count(), 3);
  const std::vector<float> expected = resize_image(image, 4, 4);
  for (std::int64_t row = 0; row < 3; ++row) {
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(rows.row(row)[i], expected[i], rows.paths[static_cast<std::size_t>(row)].extension() == ".jpg" ? 16 : 0) << i;
  }
  expect_error(ErrorKind::data, {"picture", "channels x height x width"}, [&] { all(ExampleSource(settings("", {48}))); });
}

TEST_F(Examples, BrokenFilesAreLeftOutUnlessAllAreOrUnderStrict) {
  write("good.npy", npy({4}, {1, 2, 3, 4}));
  write("nan.npy", npy({4}, {1, std::nanf(""), 3, 4}));
  write("short.npy", npy({4}, {1, 2, 3, 4}).substr(0, 70));
  write("wide.npy", npy({5}, {1, 2, 3, 4, 5}));
  write("t.csv", "file,split\ngood.npy,train\nnan.npy,train\nshort.npy,train\nwide.npy,train\nmissing.npy,train\nnan.npy,test\n");
  ::testing::internal::CaptureStderr();
  const ExampleSource source(settings("t.csv"));
  EXPECT_EQ(source.load(Split::training, {}, {.is_quiet = true}).row_count(), 1);
  const std::string notices = ::testing::internal::GetCapturedStderr();
  for (const char* text : {"nan.npy: number 1 of 4 is nan", "short.npy", "wide.npy: its shape is 5, but an example of this net is 4", "missing.npy"}) EXPECT_NE(notices.find(text), std::string::npos) << notices;
  EXPECT_EQ(std::count(notices.begin(), notices.end(), '\n'), 4) << "a line for each: " << notices;
  expect_error(ErrorKind::data, {"nan.npy", "not finite"}, [&] { source.load(Split::testing, {}, {.is_quiet = true}); });
  ExampleSettings strict = settings("t.csv");
  strict.is_strict = true;
  expect_error(ErrorKind::data, {"nan.npy", "--strict"}, [&] { ExampleSource(strict).load(Split::training, {}, {.is_quiet = true}); });
}

TEST_F(Examples, WithoutClassesLabelsMarkAnomalies) {
  for (const char* name : {"normal/a.npy", "anomaly/b.npy"}) write(name, npy({4}, {1, 2, 3, 4}));
  const ExampleSource source(settings());
  EXPECT_EQ(source.outputs(), OutputKind::values);
  EXPECT_TRUE(source.labels().empty());
  const FeatureSet rows = all(source);
  EXPECT_EQ(rows.outputs, OutputKind::values);
  EXPECT_EQ(std::multiset<int>(rows.labels.begin(), rows.labels.end()), (std::multiset<int>{0, 1}));
  write("strange/c.npy", npy({4}, {1, 2, 3, 4}));
  ExampleSettings values = settings();
  values.outputs = OutputKind::values;
  expect_error(ErrorKind::data, {"c.npy", "strange", "normal or anomaly", "--outputs classes"}, [&] { ExampleSource{values}; });
}

TEST_F(Examples, TargetsAreWhatTheNetShouldAnswer) {
  write("a.npy", npy({4}, {1, 2, 3, 4}));
  write("b.npy", npy({4}, {5, 6, 7, 8}));
  write("t.csv", "file,target,split\na.npy,0.5 -1 2,test\nb.npy,1 1e2 3,test\n");
  const ExampleSource source(settings("t.csv"));
  EXPECT_EQ(source.outputs(), OutputKind::values);
  EXPECT_EQ(source.load(Split::testing, {}, {}).targets, (std::vector<float>{0.5f, -1, 2, 1, 100, 3}));
}

TEST_F(Examples, TrainingBatchesGoThroughAllLabeledRowsInEachEpoch) {
  for (int i = 0; i < 6; ++i) write(fmt::format("{}/{}.npy", i % 3, i), npy({4}, {static_cast<float>(i), 0, 0, 0}));
  ExampleSettings all_training = settings();
  all_training.validation_percentage = all_training.testing_percentage = 0;
  const ExampleSource source(all_training);
  const auto draw = [&](std::int64_t first_step, int count) {
    const std::unique_ptr<BatchLoader> loader = source.training_batches({}, {}, 4, 9, first_step);
    std::vector<float> firsts;
    for (int i = 0; i < count; ++i) {
      const Batch batch = loader->next();
      for (std::size_t k = 0; k < batch.labels.size(); ++k) {
        firsts.push_back(batch.features[4 * k]);
        EXPECT_EQ(batch.labels[k], static_cast<int>(batch.features[4 * k]) % 3);
      }
    }
    return firsts;
  };
  const std::vector<float> straight = draw(0, 3);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) EXPECT_EQ(std::set<float>(straight.begin() + static_cast<std::ptrdiff_t>(6 * epoch), straight.begin() + static_cast<std::ptrdiff_t>(6 * epoch + 6)).size(), 6U);
  EXPECT_EQ(draw(2, 1), std::vector<float>(straight.begin() + 8, straight.end())) << "step 2 is the same without the steps before it";
}

}  // namespace
}  // namespace qmn
