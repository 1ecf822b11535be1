// SPDX-License-Identifier: Apache-2.0
#include "import/batch_check.h"

#include <fmt/format.h>

namespace qmn {

void check_batch(const Draft& draft, const Analysis& at_one, const LaidOut& laid_out, Complaints& complaints) {
  const std::size_t batch_axis = batch_axis_of_input(draft);
  const std::int64_t of_file = draft.inputs.at(0).shape.at(batch_axis);
  if (of_file == 1) return;
  const std::int64_t batch = of_file > 1 ? of_file : 2;
  Complaints of_many;
  const Analysis at_many = analyze(draft, batch, of_many);
  if (!of_many.empty() && of_file < 1) return;  // one clip is written into the net, as the zero states of a recurrent one are
  for (const auto& [name, axis] : laid_out.batch_axes) {
    const auto found = at_many.values.find(name);
    if (found == at_many.values.end()) continue;
    Shape expected = at_one.values.at(name).shape;
    if (axis) expected[*axis] = batch;
    if (found->second.shape == expected && axis) continue;
    complaints.push_back(fmt::format("{}: its shape {} for {} clips and {} for one: the clips of a batch are mixed; export the net for a batch of 1", name,
                                     to_string(found->second.shape), batch, to_string(at_one.values.at(name).shape)));
    return;
  }
}

}  // namespace qmn
