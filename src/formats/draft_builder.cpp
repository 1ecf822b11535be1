// SPDX-License-Identifier: Apache-2.0
#include "formats/draft_builder.h"

namespace qmn {

std::string DraftBuilder::fresh(const std::string& wish) {
  std::string name = wish;
  for (int i = 2; !names_.insert(name).second; ++i) name = wish + "_" + std::to_string(i);
  return name;
}

std::string DraftBuilder::constant(const std::string& wish, DraftTensor tensor) {
  std::string name = fresh(wish);
  draft_.add_constant(name, std::move(tensor));
  return name;
}

void DraftBuilder::node(const std::string& op, const std::string& name, std::vector<std::string> inputs, const std::string& output,
                        DraftAttributes attributes) {
  draft_.nodes.push_back({name, op, std::move(inputs), {output}, std::move(attributes)});
}

std::string DraftBuilder::helper(const std::string& op, const std::string& name, std::vector<std::string> inputs,
                                 DraftAttributes attributes) {
  std::string output = fresh(name);
  node(op, output, std::move(inputs), output, std::move(attributes));
  return output;
}

std::string DraftBuilder::transpose(const std::string& name, const std::string& input, const std::vector<std::int64_t>& perm) {
  return helper("Transpose", name, {input}, {{"perm", perm}});
}

void DraftBuilder::nhwc_node(const std::string& op, const std::string& name, std::vector<std::string> inputs, const std::string& output,
                             DraftAttributes attributes) {
  inputs.at(0) = transpose(name + "/nchw", inputs.at(0), {0, 3, 1, 2});
  const std::string result = fresh(name + "/out_nchw");
  node(op, name, std::move(inputs), result, std::move(attributes));
  node("Transpose", fresh(name + "/nhwc"), {result}, output, {{"perm", std::vector<std::int64_t>{0, 2, 3, 1}}});
}

}  // namespace qmn
