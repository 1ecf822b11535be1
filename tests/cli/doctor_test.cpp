// SPDX-License-Identifier: Apache-2.0
// qmn doctor on machines that lack things: a PATH of links to all programs but one.
#include "base/subprocess.h"
#include "run_qmn.h"
#include "support/temporary_folder.h"

#include <map>

namespace fs = std::filesystem;

namespace qmn {
namespace {

const std::vector<std::string> kPrograms{"cmake", "ninja", "make", "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-system-arm", "cc", "espeak-ng", "flite", "node"};

bool has_all() {
  for (const std::string& program : kPrograms) {
    if (program != "node" && !find_program(program)) return false;
  }
  return true;
}

ProcessResult doctor_without(const std::vector<std::string>& left_out, const std::vector<std::string>& variables = {}) {
  const TemporaryFolder folder;
  for (const std::string& program : kPrograms) {
    if (std::find(left_out.begin(), left_out.end(), program) != left_out.end() || !find_program(program)) continue;
    fs::create_symlink(*find_program(program), folder.path() / program);
  }
  std::vector<std::string> command{"/usr/bin/env", "PATH=" + folder.path().string()};
  command.insert(command.end(), variables.begin(), variables.end());
  command.insert(command.end(), {QMN_PROGRAM, "doctor", "--json"});
  return run_process(command);
}

std::map<std::string, nlohmann::json> checks_of(const ProcessResult& result) {
  std::map<std::string, nlohmann::json> checks;
  const nlohmann::json object = json_of(result);
  for (const nlohmann::json& check : object["checks"]) checks[check["name"]] = check;
  return checks;
}

TEST(Doctor, AllThereExits0) {
  if (!has_all()) GTEST_SKIP() << "needs the compilers, the emulator and the speech engines";
  const ProcessResult result = doctor_without({});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  auto checks = checks_of(result);
  for (const char* name : {"float engine", "cmake", "arm-none-eabi-gcc", "newlib", "qemu-system-arm", "espeak-ng", "flite", "disk", "memory", "CPU"}) {
    ASSERT_TRUE(checks.contains(name)) << name;
    EXPECT_NE(checks[name]["state"], "missing") << checks[name];
    EXPECT_NE(checks[name]["found"], "") << name;
  }
  EXPECT_EQ(run_qmn({"doctor"}).err, "");
}

TEST(Doctor, EachMissingProgramIsNamedWithItsCostAndPackage) {
  if (!has_all()) GTEST_SKIP() << "needs the compilers, the emulator and the speech engines";
  const std::vector<std::tuple<std::string, std::string, bool>> cases{{"cmake", "apt install cmake", true},
                                                                      {"arm-none-eabi-gcc", "apt install gcc-arm-none-eabi", true},
                                                                      {"arm-none-eabi-size", "apt install binutils-arm-none-eabi", true},
                                                                      {"qemu-system-arm", "apt install qemu-system-arm", true},
                                                                      {"cc", "apt install gcc", false},
                                                                      {"flite", "apt install flite", false},
                                                                      {"espeak-ng", "apt install espeak-ng", false}};
  for (const auto& [program, remedy, is_needed] : cases) {
    const ProcessResult result = doctor_without({program});
    EXPECT_EQ(result.exit_code, is_needed ? 1 : 0) << program;
    auto checks = checks_of(result);
    EXPECT_EQ(checks[program]["state"], "missing") << program;
    EXPECT_EQ(checks[program]["remedy"], remedy);
    EXPECT_NE(checks[program]["cost"], "") << program;
    EXPECT_EQ(json_of(result)["can_run"], !is_needed) << program;
  }
  EXPECT_EQ(doctor_without({"ninja"}).exit_code, 0) << "make is there";
  EXPECT_EQ(doctor_without({"ninja", "make"}).exit_code, 1);
}

TEST(Doctor, AnEngineThatDoesNotLoadIsNamed) {
  const ProcessResult result = doctor_without({}, {"QMN_ENGINE_PATH=/no/such/libqmn_engine.so"});
  EXPECT_EQ(result.exit_code, 1);
  auto checks = checks_of(result);
  EXPECT_EQ(checks["float engine"]["state"], "missing");
  EXPECT_NE(checks["float engine"]["found"].get<std::string>().find("/no/such"), std::string::npos);
}

}  // namespace
}  // namespace qmn
