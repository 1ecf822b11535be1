// SPDX-License-Identifier: Apache-2.0
// data/example_list.h   What a folder, a table or an archive of arrays and pictures holds: files or rows, with label, target and split.
//
//   folder       files, in a folder for each label or flat. Above the labels may stand a folder for each split: training, validation, testing
//                (train, val, valid and test too)
//   .csv         columns file, label, split, target in any order, named by the first line; without such a line: file[,label[,split]].
//                Files are sought beside the table; a target is a list of numbers with blanks between
//   .npz         inputs in `x`, labels or targets in `y`, splits in `split` (0 training, 1 validation, 2 testing); or x_train, y_train, x_val,
//                y_val, x_test, y_test; or a single array of inputs
//   .npy, .bin   inputs, the first dimension counts them
// An example without a split falls into one by the SHA-1 of its name (below the folder, or file[row]): always the same, whatever lies beside it.
#pragma once

#include "data/dataset.h"
#include "data/example_reader.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace qmn {

struct ListedExample {
  std::filesystem::path path;          ///< of a row of an archive: file[row]
  std::optional<std::size_t> row;      ///< into ExampleList::rows; nothing: the file is read when it is asked for
  std::string label;                   ///< as it is written; empty: none
  std::vector<float> target;           ///< empty: none
  Split split = Split::training;
};

struct ExampleList {
  std::vector<ListedExample> examples;  ///< in the order of names, lines or rows
  std::vector<float> rows;              ///< of an archive: [row][number], as the net takes them
};

/// Whether `path` is a file, or a folder with arrays or pictures in it and no sound: what list_examples reads, not a keyword data set.
bool holds_examples(const std::filesystem::path& path);

/// Percentages are of examples that no split is named for.
/// Error (data) naming the file, and the line or array: nothing in it, a split or target that is none, a file of another kind, arrays of unequal
/// counts; what ExampleReader says of an archive.
ExampleList list_examples(const std::filesystem::path& path, const ExampleReader& reader, double validation_percentage, double testing_percentage);

}  // namespace qmn
