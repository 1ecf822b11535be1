// SPDX-License-Identifier: Apache-2.0
// cli/completion_command.cpp   qmn completion: the script that teaches a shell the commands of qmn.
#include "cli/command.h"
#include "cli/completion.h"

#include <memory>

namespace qmn::cli {

void add_completion(CLI::App& app) {
  CLI::App* command = app.add_subcommand("completion", "Print a script that lets a shell complete commands and flags");
  const auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(R"(The installed qmn brings the scripts along (cmake --install, the Debian package).

Examples:
  source <(qmn completion bash)                                        in this shell; in ~/.bashrc for all
  qmn completion zsh > "${fpath[1]}/_qmn"                              a folder of fpath, then a new shell
  qmn completion fish > ~/.config/fish/completions/qmn.fish)");
  command->callback([&app, shell] {
    const CommandText program = describe(app);
    const std::string text = *shell == "bash" ? bash_completion(program) : *shell == "zsh" ? zsh_completion(program) : fish_completion(program);
    std::fwrite(text.data(), 1, text.size(), stdout);
  });
}

}  // namespace qmn::cli
