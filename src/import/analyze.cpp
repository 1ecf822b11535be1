// SPDX-License-Identifier: Apache-2.0
#include "import/analyze.h"

#include "base/error.h"
#include "graph/shape_rules.h"
#include "import/advice.h"
#include "import/recurrent.h"
#include "import/scan_shapes.h"

#include <algorithm>
#include <set>

namespace qmn {
namespace {

/// Numbers that all folded nodes together may read and write.
constexpr std::int64_t kMaxFoldingWork = std::int64_t{1} << 27;

class Analyzer {
 public:
  Analyzer(const Draft& in, Complaints& complaints) : in_(in), complaints_(complaints) {}

  /// Without `batch`: a body, whose inputs keep their shapes.
  Analysis run(std::optional<std::int64_t> batch) {
    const std::size_t batch_axis = batch ? batch_axis_of_input(in_) : 0;
    find_needed();
    for (const auto& [name, tensor] : in_.constants) {
      if (needed_.contains(name)) add_constant(name, tensor);
    }
    out_.draft.name = in_.name;
    for (const DraftInput& input : in_.inputs) {
      if (batch) add_input(input, *batch, batch_axis);
      else add_body_input(input);
    }
    for (const DraftNode& node : in_.nodes) {
      if (std::any_of(node.outputs.begin(), node.outputs.end(), [&](const std::string& name) { return needed_.contains(name); })) add_node(node);
    }
    for (const std::string& output : in_.outputs) {
      if (!defined_.contains(output)) fail_data("nothing makes its output {}", output);
      if (quantized_.contains(output)) fail_data("its output {} is integer: a DequantizeLinear is missing behind it", output);
      out_.draft.outputs.push_back(resolve(output));
    }
    return std::move(out_);
  }

 private:
  void find_needed() {
    needed_.insert(in_.outputs.begin(), in_.outputs.end());
    for (auto node = in_.nodes.rbegin(); node != in_.nodes.rend(); ++node) {
      if (std::any_of(node->outputs.begin(), node->outputs.end(), [&](const std::string& name) { return needed_.contains(name); }))
        add_needs_of(*node);
    }
  }

  void add_needs_of(const DraftNode& node) {
    needed_.insert(node.inputs.begin(), node.inputs.end());
    for (const auto& [name, value] : node.attributes) {
      const auto* body = std::get_if<std::shared_ptr<const Draft>>(&value);
      if (body == nullptr) continue;
      for (const DraftNode& inner : (*body)->nodes) add_needs_of(inner);
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

  void add_body_input(const DraftInput& input) {
    out_.draft.inputs.push_back(input);
    define(input.name, {ElementType::float32, input.shape, nullptr});
  }

  void add_input(const DraftInput& input, std::int64_t batch, std::size_t batch_axis) {
    if (!needed_.contains(input.name)) return;
    Shape shape = input.shape;
    if (shape.empty()) fail_data("the input {} has no dimension: the first one must be the batch", input.name);
    shape[batch_axis] = batch;
    for (std::size_t i = 0; i < shape.size(); ++i) {
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
    if (node.op == "Scan" || is_recurrent(node.op)) return add_loop(std::move(node), inputs);
    const OperatorRow* row = find_operator(node.op);
    if (row == nullptr) return complain(node, advice_for(node.op));
    try {
      if (inputs.size() < row->min_inputs || inputs.size() > row->max_inputs)
        fail_data("{}: it has {} inputs, but {} to {} are possible", node.title(), inputs.size(), row->min_inputs, row->max_inputs);
      check_quantized(in, inputs);
      if (is_nothing(OperatorCall(node, inputs))) {
        if (!defined_.insert(node.outputs[0]).second) fail_data("{} is defined twice", node.outputs[0]);
        aliases_[node.outputs[0]] = node.inputs[0];
        return;
      }
      add_known_node(std::move(node), *row, std::move(inputs));
    } catch (const Error& error) {
      complaints_.push_back(error.what());
      is_unknown(in);
    }
  }

  void add_loop(DraftNode node, const std::vector<const ValueInfo*>& inputs) {
    try {
      const OperatorCall call(node, inputs);
      if (is_recurrent(node.op)) {
        const Draft scan = expand_recurrent(call);
        for (const auto& [name, tensor] : scan.constants) add_constant(name, tensor);
        for (const DraftNode& part : scan.nodes) add_node(part);
        return;
      }
      ScanShapes shapes = infer_scan(call, [&](const std::string& name) {
        const auto found = out_.values.find(resolve(name));
        return found == out_.values.end() ? nullptr : found->second.constant;
      });
      const Analysis body = analyze_body(shapes.body, complaints_);
      check_scan_results(call, shapes, body);
      node.inputs.resize(shapes.input_count);
      node.attributes["body"] = std::make_shared<const Draft>(body.draft);
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        while (node.outputs[i].empty() || defined_.contains(node.outputs[i])) {
          if (!node.outputs[i].empty() && needed_.contains(node.outputs[i])) fail_data("{} is defined twice", node.outputs[i]);
          node.outputs[i] += node.name + "/unused";
        }
        define(node.outputs[i], {ElementType::float32, outer_shape(shapes, body, i), nullptr});
      }
      out_.draft.nodes.push_back(std::move(node));
    } catch (const Error& error) {
      complaints_.push_back(error.what());
      is_unknown(node);
    }
  }

  /// Activations between QuantizeLinear and DequantizeLinear keep their real values here: only what does not calculate may stand there.
  void check_quantized(const DraftNode& node, const std::vector<const ValueInfo*>& inputs) {
    static const std::set<std::string> movers{"Concat", "Flatten", "Identity", "MaxPool", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"};
    const bool reads_quantized = std::any_of(node.inputs.begin(), node.inputs.end(), [&](const std::string& name) { return quantized_.contains(name); });
    const bool is_activation = !inputs.empty() && inputs[0] != nullptr && !inputs[0]->constant;
    if (node.op == "DequantizeLinear") {
      if (is_activation && !reads_quantized) fail_data("{}: no QuantizeLinear made what it reads", node.title());
      return;
    }
    if (reads_quantized && !movers.contains(node.op)) fail_data("{}: it calculates with integers: a DequantizeLinear is missing before it", node.title());
    if (reads_quantized || (node.op == "QuantizeLinear" && is_activation)) quantized_.insert(node.outputs.begin(), node.outputs.end());
  }

  /// True when the output is the input.
  static bool is_nothing(const OperatorCall& call) {
    const std::string& op = call.node.op;
    if (op == "Dropout" && call.has(2) && !call.constant(2).numbers.empty() && call.constant(2).numbers[0] != 0)
      fail_data("{}: training_mode is set: export the model for inference", call.node.title());
    if (op == "QuantizeLinear" || op == "DequantizeLinear") return !call.input(0).constant;
    if (op != "Identity" && op != "Dropout") return false;
    call.input(0);  // an Error where there is none
    return true;
  }

  void add_known_node(DraftNode node, const OperatorRow& row, std::vector<const ValueInfo*> inputs) {
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
      if (work_ > kMaxFoldingWork) fail_data("{}: folding the constants takes too much work", node.title());
      std::vector<DraftTensor> results = row.evaluate(call, infos);
      for (std::size_t i = 0; i < node.outputs.size() && i < results.size(); ++i) {
        if (!node.outputs[i].empty()) add_constant(node.outputs[i], std::move(results[i]));
      }
      return;
    }
    if (node.op == "Transpose" && call.has(1)) {
      node.attributes["perm"] = call.constant_integers(1);
      node.inputs.resize(1);
    }
    node.outputs.resize(std::min(node.outputs.size(), infos.size()));  // nothing needs the rest
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
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
  std::set<std::string> quantized_;  ///< names of the file
  std::map<std::string, std::string> aliases_;
  std::int64_t work_ = 0;
};

}  // namespace

std::size_t batch_axis_of_input(const Draft& draft) {
  const auto walks_along_the_first = [](const DraftNode& node, std::size_t index) {
    if (is_recurrent(node.op)) return node.integer("layout", 0) == 0;
    if (node.op != "Scan") return false;
    const std::size_t states = node.inputs.size() - static_cast<std::size_t>(std::clamp<std::int64_t>(node.integer("num_scan_inputs", 1), 0, std::ssize(node.inputs)));
    const std::vector<std::int64_t> axes = node.integers("scan_input_axes", {});
    return index >= states && (index - states >= axes.size() || axes[index - states] == 0);
  };
  for (const DraftInput& input : draft.inputs) {
    for (const DraftNode& node : draft.nodes) {
      const auto found = std::find(node.inputs.begin(), node.inputs.end(), input.name);
      if (found != node.inputs.end() && input.shape.size() > 1 && walks_along_the_first(node, static_cast<std::size_t>(found - node.inputs.begin()))) return 1;
    }
  }
  return 0;
}

Analysis analyze(const Draft& draft, std::int64_t batch, Complaints& complaints) { return Analyzer(draft, complaints).run(batch); }

Analysis analyze_body(const Draft& body, Complaints& complaints) { return Analyzer(body, complaints).run(std::nullopt); }

}  // namespace qmn
