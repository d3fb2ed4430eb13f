#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <sys/resource.h>
#include <vector>

/// How a program ended and what it printed.
struct ProcessResult {
  int exit_code = 0;  ///< as a shell has it: 128 + n for a program that signal n ended
  std::string output;
  std::string errors;
  double cpu_seconds = 0;
  std::int64_t peak_kib = 0;  ///< of resident memory
};

struct ProcessOptions {
  std::filesystem::path folder = {};                    ///< to run in; empty: this one
  std::map<std::string, std::string> environment = {};  ///< set beside what is inherited; LENET_… is not
};

/// A program that runs beside the test, its output going to files. Ended with the object.
class Process {
 public:
  /// `command` is the program's path and its arguments. Throws std::runtime_error.
  explicit Process(const std::vector<std::string>& command, const ProcessOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(int signal) const;
  bool running();
  int id() const { return id_; }
  /// Waits until `condition` holds; false if the program ends or `timeout` passes before.
  bool wait_until(const std::function<bool()>& condition,
                  std::chrono::milliseconds timeout = std::chrono::seconds(60));
  ProcessResult wait();

 private:
  std::filesystem::path output_;
  std::filesystem::path errors_;
  int id_ = -1;
  bool ended_ = false;
  int status_ = 0;
  rusage usage_{};
};

/// Runs a program to its end.
ProcessResult run_process(const std::vector<std::string>& command, const ProcessOptions& options = {});
