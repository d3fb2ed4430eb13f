#pragma once

#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tools/tool_runs.hpp"

namespace lenet::cli {

/// Runs of the real programs in which system calls fail. Faults are written as fault.cpp says.
struct FaultRuns : ToolRuns {
#ifdef LENET_FAULT_LIBRARY
  static constexpr bool kAvailable = true;
  static constexpr const char* kLibrary = LENET_FAULT_LIBRARY;
#else
  static constexpr bool kAvailable = false;
  static constexpr const char* kLibrary = "";
#endif

  ProcessOptions with_fault(const std::string& fault) const {
    ProcessOptions faulty = options;
    faulty.environment.insert(
        {{"LD_PRELOAD", kLibrary}, {"FAULT", fault}, {"FAULT_GATE", (folder / "gate").string()}});
    return faulty;
  }
  ProcessOptions with_log(const std::string& name) const {
    ProcessOptions logged = options;
    logged.environment.insert({{"LD_PRELOAD", kLibrary}, {"FAULT_LOG", (folder / name).string()}});
    return logged;
  }
  ProcessResult train_with_fault(const std::vector<std::string>& arguments, const std::string& fault) const {
    return run_process(train_command(arguments), with_fault(fault));
  }

  /// Waits until a program with the action "wait" has come to its call.
  bool wait_for_gate(Process& process) const {
    return process.wait_until([&] { return std::filesystem::exists(folder / "gate.reached"); });
  }
  void open_gate() const { std::ofstream(folder / "gate") << "open"; }
};

}  // namespace lenet::cli

/// Skips a test in builds into which the library cannot be loaded.
#define LENET_NEEDS_FAULTS()                                               \
  do {                                                                     \
    if (!lenet::cli::FaultRuns::kAvailable)                                \
      LENET_SKIP("a build with sanitizers cannot load the fault library"); \
  } while (false)
