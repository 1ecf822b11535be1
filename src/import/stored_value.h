// SPDX-License-Identifier: Apache-2.0
// import/stored_value.h   How a value of a draft lies in memory.
//
// The value's axis i runs over the stored axes groups[i], the last one fastest; a stored axis in no group has the extent 1, an axis without
// stored axes too. So NHWC data that is stored as NCHW has the groups {0} {2} {3} {1}, and flattened {0} {2 3 1}.
#pragma once

#include "formats/draft.h"

#include <cstddef>
#include <string>
#include <vector>

namespace qmn {

using AxisGroups = std::vector<std::vector<std::size_t>>;

struct StoredValue {
  std::string name;
  Shape shape;  ///< as stored
  AxisGroups groups;
  /// Of rows [batch, columns] that lie in another order than any of axes: column k of the value is the stored column columns[k].
  std::vector<std::size_t> columns;

  Shape logical_shape() const;
  /// The stored axis behind axis i; nothing when there are several or none.
  std::optional<std::size_t> sole_axis(std::size_t i) const;
  bool is_permuted() const;  ///< true when a row-major walk of the value does not walk the stored numbers in order
  /// Stored axes in the order in which the value runs over them, those in no group last: the perm of a Transpose.
  std::vector<std::size_t> order() const;
};

/// Of rows: for each column of the value, in order, the place of its number in a walk of the stored numbers.
std::vector<std::size_t> column_places(const StoredValue& rows);

/// As the value itself.
StoredValue plain_value(const std::string& name, const Shape& shape);

/// The value after a Reshape to `shape`, when its axes only merge or gain and lose extents of 1; else nothing.
std::optional<StoredValue> regrouped(const StoredValue& value, const Shape& shape);

/// `constant` of the value's rank, each extent that of the value or 1, as it lies beside the stored numbers.
DraftTensor laid_out_like(const StoredValue& value, const DraftTensor& constant);

}  // namespace qmn
