// SPDX-License-Identifier: Apache-2.0
// cli/command.h   One file per command: each adds its subcommand and, when it is chosen, runs it. Wiring only.
#pragma once

#include "base/error.h"

#include <CLI/CLI.hpp>

namespace qmn::cli {

/// Thrown by a command that has printed all there is to say: qmn ends with that exit code, without an error line.
struct ExitRequest {
  int exit_code = 0;
};

/// Each sets a callback that does the work and may throw qmn::Error.
void add_data(CLI::App& app);
void add_import(CLI::App& app);
void add_train(CLI::App& app);
void add_info(CLI::App& app);
void add_quantize(CLI::App& app);
void add_ablation(CLI::App& app);
void add_finetune(CLI::App& app);
void add_eval(CLI::App& app);
void add_export(CLI::App& app);
void add_run(CLI::App& app);
void add_bench(CLI::App& app);
void add_listen(CLI::App& app);
void add_tune(CLI::App& app);
void add_quant_test(CLI::App& app);
void add_sensitivity(CLI::App& app);
void add_report(CLI::App& app);
void add_init(CLI::App& app);
void add_doctor(CLI::App& app);
void add_completion(CLI::App& app);
void add_manual(CLI::App& app);

}  // namespace qmn::cli
