// SPDX-License-Identifier: Apache-2.0
// cli/doctor_command.cpp   qmn doctor: what this machine has for qmn, what each missing thing costs, and the package that brings it.
#include "cli/checkup.h"
#include "cli/command.h"
#include "cli/common.h"

#include <algorithm>
#include <memory>

namespace qmn::cli {
namespace {

const char* state_name(const Check& check) {
  switch (check.state) {
    case Check::State::ok: return "ok";
    case Check::State::weak: return "weak";
    case Check::State::missing: return check.is_needed ? "MISSING" : "missing";
  }
  return "";
}

void print_text(const std::vector<Check>& checks, bool can_run) {
  for (const Check& check : checks) {
    fmt::print("{:8} {:18} {}\n", state_name(check), check.name, check.found);
    if (!check.cost.empty()) fmt::print("{:27} costs: {}\n", "", check.cost);
    if (!check.remedy.empty()) fmt::print("{:27} remedy: {}\n", "", check.remedy);
  }
  fmt::print("\n{}\n", can_run ? "From recordings to a compared firmware: all there." : "From recordings to a compared firmware: not without what is MISSING.");
}

void run_doctor(const OutputOptions& output) {
  const std::vector<Check> checks = check_machine();
  const bool can_run = std::none_of(checks.begin(), checks.end(), [](const Check& check) { return check.is_needed && check.state == Check::State::missing; });
  if (output.is_json) {
    nlohmann::json list = nlohmann::json::array();
    for (const Check& check : checks) {
      const char* state = check.state == Check::State::ok ? "ok" : check.state == Check::State::weak ? "weak" : "missing";
      list.push_back({{"name", check.name}, {"state", state}, {"is_needed", check.is_needed}, {"found", check.found}, {"cost", check.cost}, {"remedy", check.remedy}});
    }
    print_json({{"checks", list}, {"can_run", can_run}});
  } else {
    print_text(checks, can_run);
  }
  if (!can_run) throw ExitRequest{1};
}

}  // namespace

void add_doctor(CLI::App& app) {
  CLI::App* command = app.add_subcommand("doctor", "Check this machine: what is missing, what that costs, which package brings it");
  const auto output = std::make_shared<OutputOptions>();
  output->add(*command);
  command->footer(R"(Exit codes: 0 when all is there that leads from recordings to a firmware compared on an emulated board, else 1.

Examples:
  qmn doctor
  qmn doctor --json)");
  command->callback([output] { run_doctor(*output); });
}

}  // namespace qmn::cli
