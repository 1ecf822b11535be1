// SPDX-License-Identifier: Apache-2.0
#include "import/analyze.h"

#include "base/error.h"
#include "graph/shape_rules.h"
#include "import/advice.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

/// Numbers that all folded nodes together may read and write.
constexpr std::int64_t kMaxFoldingWork = std::int64_t{1} << 27;

class Analyzer {
 public:
  Analyzer(const Draft& in, Complaints& complaints) : in_(in), complaints_(complaints) {}

  Analysis run(std::int64_t batch) {
    find_needed();
    for (const auto& [name, tensor] : in_.constants) {
      if (needed_.contains(name)) add_constant(name, tensor);
    }
    out_.draft.name = in_.name;
    for (const DraftInput& input : in_.inputs) add_input(input, batch);
    for (const DraftNode& node : in_.nodes) {
      if (std::any_of(node.outputs.begin(), node.outputs.end(), [&](const std::string& name) { return needed_.contains(name); })) add_node(node);
    }
    for (const std::string& output : in_.outputs) out_.draft.outputs.push_back(resolve(output));
    return std::move(out_);
  }

 private:
  void find_needed() {
    needed_.insert(in_.outputs.begin(), in_.outputs.end());
    for (auto node = in_.nodes.rbegin(); node != in_.nodes.rend(); ++node) {
      if (std::any_of(node->outputs.begin(), node->outputs.end(), [&](const std::string& name) { return needed_.contains(name); }))
        needed_.insert(node->inputs.begin(), node->inputs.end());
    }
  }

  std::string resolve(const std::string& name) const {
    const auto found = aliases_.find(name);
    return found == aliases_.end() ? name : found->second;
  }

  void define(const std::string& name, ValueInfo info) {
    if (!defined_.insert(name).second) fail_data("{} is defined twice", name);
    out_.values.emplace(name, std::move(info));
  }

  void add_constant(const std::string& name, DraftTensor tensor) {
    auto shared = std::make_shared<const DraftTensor>(std::move(tensor));
    out_.draft.add_constant(name, *shared);
    define(name, {shared->type, shared->shape, shared});
  }

  void add_input(const DraftInput& input, std::int64_t batch) {
    if (!needed_.contains(input.name)) return;
    Shape shape = input.shape;
    if (shape.empty()) fail_data("the input {} has no dimension: the first one must be the batch", input.name);
    shape[0] = batch;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      if (shape[i] < 1) fail_data("the input {} has no fixed size in dimension {}: export the model with fixed shapes, or give --input_shape", input.name, i);
    }
    check_shape(shape, fmt::format("the input {}", input.name));
    out_.draft.inputs.push_back({input.name, shape});
    define(input.name, {ElementType::float32, shape, nullptr});
  }

  void complain(const DraftNode& node, const std::string& why) {
    complaints_.push_back(fmt::format("{}: {}", node.title(), why));
    is_unknown(node);
  }
  /// Its outputs cannot be known; nodes behind it are passed over.
  void is_unknown(const DraftNode& node) { defined_.insert(node.outputs.begin(), node.outputs.end()); }

  void add_node(const DraftNode& in) {
    DraftNode node = in;
    for (std::string& name : node.inputs) {
      name = resolve(name);
      if (!name.empty() && !defined_.contains(name)) fail_data("{}: it reads {}, which nothing before it defines", node.title(), name);
    }
    if (node.outputs.empty()) fail_data("{}: it has no output", node.title());
    while (!node.inputs.empty() && node.inputs.back().empty()) node.inputs.pop_back();
    std::vector<const ValueInfo*> inputs;
    for (const std::string& name : node.inputs) {
      const auto found = out_.values.find(name);
      if (!name.empty() && found == out_.values.end()) return is_unknown(node);
      inputs.push_back(name.empty() ? nullptr : &found->second);
    }
    if (node.op == "Identity" && inputs.size() == 1) {
      if (!defined_.insert(node.outputs[0]).second) fail_data("{} is defined twice", node.outputs[0]);
      aliases_[node.outputs[0]] = node.inputs[0];
      return;
    }
    const OperatorRow* row = find_operator(node.op);
    if (row == nullptr) return complain(node, advice_for(node.op));
    try {
      add_known_node(std::move(node), *row, std::move(inputs));
    } catch (const Error& error) {
      complaints_.push_back(error.what());
      is_unknown(in);
    }
  }

  void add_known_node(DraftNode node, const OperatorRow& row, std::vector<const ValueInfo*> inputs) {
    if (inputs.size() < row.min_inputs || inputs.size() > row.max_inputs)
      fail_data("{}: it has {} inputs, but {} to {} are possible", node.title(), inputs.size(), row.min_inputs, row.max_inputs);
    const OperatorCall call(node, std::move(inputs));
    std::vector<ValueInfo> infos = row.infer(call);
    std::int64_t work = 0;
    for (const ValueInfo& info : infos) {
      check_extents(node, info.shape);
      work += element_count(info.shape);
    }
    if (infos.size() < node.outputs.size() && std::any_of(node.outputs.begin() + static_cast<std::ptrdiff_t>(infos.size()), node.outputs.end(),
                                                          [&](const std::string& name) { return needed_.contains(name); }))
      fail_data("{}: only its first {} outputs are supported", node.title(), infos.size());
    const bool is_shape = node.op == "Shape" || node.op == "Size";
    const bool is_constant = is_shape || std::all_of(call.in.begin(), call.in.end(), [](const ValueInfo* info) { return info == nullptr || info->constant; });
    if (is_constant && row.evaluate != nullptr) {
      for (const ValueInfo* info : call.in) work += info == nullptr || is_shape ? 0 : element_count(info->shape);
      work_ += work;
      if (work_ > kMaxFoldingWork) throw std::length_error(fmt::format("{}: folding the constants takes too much work", node.title()));
      std::vector<DraftTensor> results = row.evaluate(call, infos);
      for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
        if (!node.outputs[i].empty()) add_constant(node.outputs[i], std::move(results[i]));
      }
      return;
    }
    for (std::size_t i = 0; i < node.outputs.size() && i < infos.size(); ++i) {
      if (!node.outputs[i].empty()) define(node.outputs[i], std::move(infos[i]));
    }
    out_.draft.nodes.push_back(std::move(node));
  }

  static void check_extents(const DraftNode& node, const Shape& shape) {
    std::int64_t count = 1;
    for (std::int64_t extent : shape) {
      if (extent < 0 || extent > kMaxElements || (count *= extent) > kMaxElements)
        fail_data("{}: its output has more than {} elements", node.title(), kMaxElements);
    }
  }

  const Draft& in_;
  Complaints& complaints_;
  Analysis out_;
  std::set<std::string> needed_, defined_;
  std::map<std::string, std::string> aliases_;
  std::int64_t work_ = 0;
};

}  // namespace

Analysis analyze(const Draft& draft, std::int64_t batch, Complaints& complaints) { return Analyzer(draft, complaints).run(batch); }

}  // namespace qmn
