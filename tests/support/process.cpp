#include "tests/support/process.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <stdexcept>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "tests/support/read_all.hpp"

namespace {

std::filesystem::path temporary_file() {
  std::string name = (std::filesystem::temp_directory_path() / "lenet-output-XXXXXX").string();
  const int descriptor = mkstemp(name.data());
  if (descriptor < 0) throw std::runtime_error("no temporary file can be made: " + name);
  close(descriptor);
  return name;
}

std::string read_and_remove(const std::filesystem::path& path) {
  std::string text = lenet::read_all(path);
  std::filesystem::remove(path);
  return text;
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    if (!text.starts_with("LENET_") && !options.environment.contains(name)) variables.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
  return variables;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

void redirect(const std::filesystem::path& path, int descriptor) {
  const int file = open(path.c_str(), O_WRONLY | O_TRUNC);
  dup2(file, descriptor);
  close(file);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const ProcessOptions& options)
    : output_(temporary_file()), errors_(temporary_file()) {
  // All that allocates is done before the fork: the child of a program with threads may only make system
  // calls.
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = environment_of(options);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);
  id_ = fork();
  if (id_ < 0) throw std::runtime_error("fork failed");
  if (id_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed leaves no long run behind
  redirect(output_, STDOUT_FILENO);
  redirect(errors_, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
  execve(argv[0], argv.data(), envp.data());
  _exit(127);
}

Process::~Process() {
  if (running()) {
    send(SIGKILL);
    waitpid(id_, &status_, 0);
  }
  std::error_code ignored;
  std::filesystem::remove(output_, ignored);
  std::filesystem::remove(errors_, ignored);
}

void Process::send(int signal) const {
  if (!ended_) kill(id_, signal);
}

bool Process::running() {
  if (!ended_ && wait4(id_, &status_, WNOHANG, &usage_) == id_) ended_ = true;
  return !ended_;
}

bool Process::wait_until(const std::function<bool()>& condition, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (!running() || std::chrono::steady_clock::now() > deadline) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

ProcessResult Process::wait() {
  if (!ended_) wait4(id_, &status_, 0, &usage_);
  ended_ = true;
  return {.exit_code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_),
          .output = read_and_remove(output_),
          .errors = read_and_remove(errors_),
          .cpu_seconds = seconds(usage_.ru_utime) + seconds(usage_.ru_stime),
          .peak_kib = usage_.ru_maxrss};
}

ProcessResult run_process(const std::vector<std::string>& command, const ProcessOptions& options) {
  return Process(command, options).wait();
}
